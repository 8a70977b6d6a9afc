import { useEffect } from 'preact/hooks';

/** While `isOn`, the page has the screen for itself: without navigation, and the screen stays on where the browser allows it. */
export function useWall(isOn: boolean, onLeave: () => void): void {
  useEffect(() => {
    if (!isOn) return;
    document.documentElement.classList.add('wall');
    let lock: WakeLockSentinel | undefined;
    const stayOn = () =>
      void navigator.wakeLock
        ?.request('screen')
        .then((granted) => {
          lock = granted;
        })
        .catch(() => undefined);
    const whenVisible = () => {
      if (!document.hidden) stayOn();
    };
    const whenChanged = () => {
      if (!document.fullscreenElement) onLeave();
    };
    stayOn();
    document.addEventListener('visibilitychange', whenVisible);
    document.addEventListener('fullscreenchange', whenChanged);
    return () => {
      document.documentElement.classList.remove('wall');
      document.removeEventListener('visibilitychange', whenVisible);
      document.removeEventListener('fullscreenchange', whenChanged);
      void lock?.release().catch(() => undefined);
      if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
    };
  }, [isOn]);
}

/** Fills the screen if the browser allows it: what a person asked for is shown either way. */
export const fillScreen = (): void =>
  void document.documentElement.requestFullscreen?.().catch(() => undefined);

/** How many columns show `count` pictures of 16:9 as large as they fit. */
export function columnsFor(count: number, width: number, height: number): number {
  let best = { columns: 1, size: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const size = Math.min(width / columns, (height / rows) * (16 / 9));
    if (size > best.size) best = { columns, size };
  }
  return best.columns;
}
