import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Whether an element is on the screen, or within `marginPixels` of it. */
export function useVisible(element: RefObject<Element>, marginPixels = 200): boolean {
  const [isVisible, setVisible] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(
      (entries) => setVisible(entries.at(-1)?.isIntersecting ?? false),
      { rootMargin: `${marginPixels}px` },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [marginPixels]);
  return isVisible;
}
