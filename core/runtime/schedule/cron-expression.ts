import { parse } from 'node-cron';
import { CronDays } from './cron-days.js';

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
/** Every pair of date and weekday returns within 40 years, 29 February included. */
const HORIZON_MS = 41 * 366 * DAY_MS;

/**
 * A cron expression in the language of node-cron, on a calendar without time zones: local times here are milliseconds
 * as if local time were UTC.
 */
export class CronExpression {
  /**
   * Whether it is a list of times of day (`0 30 2 * * *`), not an interval (such as every ten minutes). As in cron(8), an
   * expression is an interval if its seconds, minutes or hours are a wildcard or a step of one.
   */
  readonly isFixedTime: boolean;
  /** How far apart the hours are of an interval that runs all day; 0 for other expressions. */
  readonly hoursApartMs: number;
  readonly #seconds: number[];
  readonly #minutes: number[];
  readonly #hours: number[];
  readonly #days: CronDays;

  /** Throws if node-cron does not accept the text. */
  constructor(readonly text: string) {
    const { second, minute, hour, dayOfMonth, month, dayOfWeek } = parse(text);
    this.#seconds = ascending(second);
    this.#minutes = ascending(minute);
    this.#hours = ascending(hour);
    this.#days = new CronDays(dayOfMonth, month, dayOfWeek);
    const fields = text.trim().split(/ +/);
    if (fields.length === 5) fields.unshift('0');
    const isAllDay = isWildcard(fields[2], this.#hours, 24);
    this.hoursApartMs = isAllDay ? DAY_MS / this.#hours.length : 0;
    this.isFixedTime = !(
      isAllDay ||
      isWildcard(fields[0], this.#seconds, 60) ||
      isWildcard(fields[1], this.#minutes, 60)
    );
  }

  /** The first local time that matches, from `local` on; undefined if there is none. */
  firstFrom(local: number): number | undefined {
    const midnight = Math.floor(local / DAY_MS) * DAY_MS;
    const end = midnight + HORIZON_MS;
    const day = this.#days.firstFrom(midnight, end);
    if (day === undefined) return undefined;
    const time = this.#timeFrom(day === midnight ? Math.ceil((local - midnight) / SECOND_MS) : 0);
    if (time !== undefined) return day + time * SECOND_MS;
    const later = this.#days.firstFrom(day + DAY_MS, end);
    return later === undefined ? undefined : later + (this.#timeFrom(0) ?? 0) * SECOND_MS;
  }

  /** The first matching second of the day, from `second` on. */
  #timeFrom(second: number): number | undefined {
    for (const hour of this.#hours) {
      if (hour * 3600 + 3599 < second) continue;
      for (const minute of this.#minutes) {
        const start = hour * 3600 + minute * 60;
        if (start + 59 < second) continue;
        const found = this.#seconds.find((value) => start + value >= second);
        if (found !== undefined) return start + found;
      }
    }
    return undefined;
  }
}

const ascending = (values: number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

function isWildcard(text: string | undefined, values: number[], size: number): boolean {
  return values.length === size || (values.length > 1 && text?.includes('*') === true);
}
