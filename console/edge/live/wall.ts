import { useEffect, useState } from 'preact/hooks';

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
    const whenPressed = ({ key }: KeyboardEvent) => {
      if (key === 'Escape') onLeave();
    };
    stayOn();
    document.addEventListener('keydown', whenPressed);
    document.addEventListener('visibilitychange', whenVisible);
    document.addEventListener('fullscreenchange', whenChanged);
    return () => {
      document.documentElement.classList.remove('wall');
      document.removeEventListener('keydown', whenPressed);
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

/** How many columns show `count` pictures of 16:9 as large as they fit into a place, and how wide each is. */
export function gridFor(
  count: number,
  place: { width: number; height: number },
): { columns: number; tileWidth: number } {
  let best = { columns: 1, tileWidth: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const tileWidth = Math.floor(Math.min(place.width / columns, (place.height / rows) * (16 / 9)));
    if (tileWidth > best.tileWidth) best = { columns, tileWidth };
  }
  return best;
}

/** The size of the window, as it changes. */
export function useWindowSize(): { width: number; height: number } {
  const [size, setSize] = useState({ width: innerWidth, height: innerHeight });
  useEffect(() => {
    const measure = () => setSize({ width: innerWidth, height: innerHeight });
    addEventListener('resize', measure);
    return () => removeEventListener('resize', measure);
  }, []);
  return size;
}
