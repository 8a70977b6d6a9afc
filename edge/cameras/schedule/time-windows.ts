import { z } from 'zod';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const DAY_MINUTES = 24 * 60;

const timeSchema = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'expected a time of day, "00:00" to "24:00"');

/** Part of some days, in the machine's local time. One that ends before it begins goes on past midnight. */
export const timeWindowSchema = z
  .strictObject({
    days: z.array(z.enum(DAYS)).min(1).max(7).optional(),
    from: timeSchema,
    to: timeSchema,
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], error: 'may not be the time of "from"' });
export type TimeWindow = z.infer<typeof timeWindowSchema>;

/** Whether a moment (milliseconds since the epoch) lies in one of the windows; without any, always. */
export function isOpen(windows: TimeWindow[], ms: number): boolean {
  if (windows.length === 0) return true;
  const moment = new Date(ms);
  const minute = moment.getHours() * 60 + moment.getMinutes();
  const today = moment.getDay();
  return windows.some((window) => {
    const [from, to] = [minuteOf(window.from), minuteOf(window.to)];
    if (from < to) return isOn(window, today) && from <= minute && minute < to;
    const yesterday = (today + 6) % 7;
    return (isOn(window, today) && minute >= from) || (isOn(window, yesterday) && minute < to);
  });
}

/** The first moment from `ms` on at which a window is open, to the minute; undefined within a week of none. */
export function nextOpening(windows: TimeWindow[], ms: number): number | undefined {
  if (isOpen(windows, ms)) return ms;
  const starts = windows.flatMap((window) =>
    // A week and a day: today's start may have passed.
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
