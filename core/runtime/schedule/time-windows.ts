import { type TimeWindow, WEEKDAYS } from '../../contract/time-window.js';

const DAY_MINUTES = 24 * 60;

/** Whether a time (milliseconds since the epoch) is in one of the windows; always true if there are none. */
export function isOpen(windows: readonly TimeWindow[], ms: number): boolean {
  if (windows.length === 0) return true;
  const time = new Date(ms);
  const minute = time.getHours() * 60 + time.getMinutes();
  const today = time.getDay();
  return windows.some((window) => {
    const [from, to] = [minuteOf(window.from), minuteOf(window.to)];
    if (from < to) return isOn(window, today) && from <= minute && minute < to;
    const yesterday = (today + 6) % 7;
    return (isOn(window, today) && minute >= from) || (isOn(window, yesterday) && minute < to);
  });
}

/** The first time from `ms` on at which a window is open, to the minute; undefined if none opens within a week. */
export function nextOpening(windows: readonly TimeWindow[], ms: number): number | undefined {
  if (isOpen(windows, ms)) return ms;
  const starts = windows.flatMap((window) =>
    // Eight days, since today's start may have passed.
    Array.from({ length: 8 }, (_, day) => {
      const start = new Date(ms);
      start.setDate(start.getDate() + day);
      start.setHours(0, minuteOf(window.from), 0, 0);
      return isOn(window, start.getDay()) ? start.getTime() : 0;
    }),
  );
  const later = starts.filter((start) => start > ms);
  return later.length === 0 ? undefined : Math.min(...later);
}

const isOn = ({ days }: TimeWindow, day: number): boolean =>
  days === undefined || days.some((name) => WEEKDAYS[day] === name);

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return Math.min(hours * 60 + minutes, DAY_MINUTES);
}
