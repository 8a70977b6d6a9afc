import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

const now = signal(Date.now());
let users = 0;
let timer: number | undefined;

/** The time in milliseconds, which advances each second while the page is visible. All who use it share one timer. */
export function useNow(): number {
  useEffect(() => {
    users += 1;
    timer ??= window.setInterval(() => {
      if (!document.hidden) now.value = Date.now();
    }, 1_000);
    return () => {
      users -= 1;
      if (users > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  }, []);
  return now.value;
}
