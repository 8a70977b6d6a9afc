import { z } from 'zod';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const DAY_MINUTES = 24 * 60;

const timeSchema = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'expected a time of day from "00:00" to "24:00"');

/** A part of some days, in the machine's local time. A window whose end is before its start continues past midnight. */
export const timeWindowSchema = z
  .strictObject({
    days: z.array(z.enum(DAYS)).min(1).max(7).optional(),
    from: timeSchema,
    to: timeSchema,
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'must differ from "from"' });
export type TimeWindow = z.infer<typeof timeWindowSchema>;

/** Whether a time (milliseconds since the epoch) is in one of the windows; always true if there are none. */
export function isOpen(windows: TimeWindow[], ms: number): boolean {
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
export function nextOpening(windows: TimeWindow[], ms: number): number | undefined {
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
  days === undefined || days.some((name) => DAYS[day] === name);

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return Math.min(hours * 60 + minutes, DAY_MINUTES);
}
