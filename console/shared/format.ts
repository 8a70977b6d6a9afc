/** Dates, numbers and sizes in the language and the time zone of the reader. */

const numberFormat = new Intl.NumberFormat();
const percentFormat = new Intl.NumberFormat(undefined, { style: 'percent' });
const timeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });
const dateTimeFormat = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'medium',
});
const relativeFormat = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

type Moment = string | number | Date;

export const formatNumber = (value: number): string => numberFormat.format(value);
/** `share` from 0 to 1. */
export const formatPercent = (share: number): string => percentFormat.format(share);
export const formatTime = (at: Moment): string => timeFormat.format(new Date(at));
export const formatDate = (at: Moment): string => dateFormat.format(new Date(at));
export const formatDateTime = (at: Moment): string => dateTimeFormat.format(new Date(at));

/** "3 minutes ago", "in 2 hours". */
export function formatAgo(at: Moment, now: number = Date.now()): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1_000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return relativeFormat.format(Math.trunc(seconds / size), unit);
}

/** "1 h 20 min", "45 s". */
export function formatDuration(seconds: number): string {
  const parts: [number, Intl.NumberFormatOptions['unit']][] = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor((seconds % 86_400) / 3_600), 'hour'],
    [Math.floor((seconds % 3_600) / 60), 'minute'],
    [Math.floor(seconds % 60), 'second'],
  ];
  const first = Math.max(
    0,
    parts.findIndex(([value]) => value > 0),
  );
  const shown = seconds < 1 ? parts.slice(-1) : parts.slice(first, first + 2);
  return shown
    .filter(([value], i) => value > 0 || i === 0)
    .map(([value, unit]) =>
      new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'narrow' }).format(
        value,
      ),
    )
    .join(' ');
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

export function formatBytes(bytes: number): string {
  const power = Math.min(
    BYTE_UNITS.length - 1,
    Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)),
  );
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: BYTE_UNITS[power],
    unitDisplay: 'short',
    maximumFractionDigits: 1,
  }).format(bytes / 1_000 ** power);
}

/** The day of the reader's zone that `at` belongs to, as in an `<input type="date">`. */
export function dayOf(at: Moment): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

const shortDayFormat = new Intl.DateTimeFormat(undefined, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
});
const hourFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** "Thu, Nov 26". */
export const formatShortDay = (at: Moment): string => shortDayFormat.format(new Date(at));
/** Hours and minutes. */
export const formatHour = (at: Moment): string => hourFormat.format(new Date(at));
const utcDayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });
/** A day that a program counts in UTC, as "Nov 26, 2026". */
export const formatUtcDay = (day: Moment): string => utcDayFormat.format(new Date(day));
const shortUtcDayFormat = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});
export const formatShortUtcDay = (day: Moment): string => shortUtcDayFormat.format(new Date(day));
/** "Thu, Nov 26, 17:00". */
export const formatDayAndHour = (at: Moment): string => `${formatShortDay(at)}, ${formatHour(at)}`;
/** The zone whose days and hours the reader sees, as IANA names it. */
export const readersZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
