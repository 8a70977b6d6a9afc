import { dayOf } from '../../shared/format.js';

/** Days of the reader's zone, as `2026-11-26`. */

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** The begin of a day, or a later time of it as `14:30`. */
export function instantOf(day: string, time = '00:00'): Date {
  const [, year, month, date] = DAY.exec(day) ?? [];
  const [hour, minute] = time.split(':');
  return new Date(Number(year), Number(month) - 1, Number(date), Number(hour), Number(minute));
}

export const isDay = (text: string | undefined): text is string =>
  text !== undefined && DAY.test(text) && !Number.isNaN(instantOf(text).getTime());

export function addDays(day: string, days: number): string {
  const date = instantOf(day);
  date.setDate(date.getDate() + days);
  return dayOf(date);
}

export const today = (): string => dayOf(Date.now());

/** The time of a day as in an `<input type="time">`. */
export function timeOf(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** When a UUIDv7 was made. */
export const instantOfId = (id: string): number =>
  Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
