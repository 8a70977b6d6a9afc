import { ProblemError } from '../../core/runtime/errors.js';
import { TimeZone } from '../../core/runtime/schedule/time-zone.js';

/** Of the offsets of time zones, all are multiples of a quarter of an hour. */
export const SLOT_MS = 900_000;

/** The day of an instant in a time zone, as ISO 8601. */
export type DayOf = (at: number) => string;

/** Throws `invalid_parameter` for a zone that does not exist. */
export function dayIn(timeZone: string): DayOf {
  const zone = zoneOf(timeZone);
  const offsets = new Map<number, number>();
  return (at) => {
    const slot = Math.floor(at / SLOT_MS);
    const offset = offsets.get(slot) ?? zone.offset(slot * SLOT_MS);
    offsets.set(slot, offset);
    return new Date(at + offset).toISOString().slice(0, 10);
  };
}

/** From the first instant of a day to that of the next. Throws `invalid_parameter`. */
export function dayBounds(day: string, timeZone: string): { from: number; to: number } {
  const begin = Date.parse(`${day}T00:00:00Z`);
  const zone = zoneOf(timeZone);
  return { from: midnight(begin, zone), to: midnight(begin + 86_400_000, zone) };
}

/** The instant at which clocks of the zone show a time; where they are set over it, that of the change. */
function midnight(local: number, zone: TimeZone): number {
  const guess = local - zone.offset(local);
  return local - zone.offset(guess);
}

function zoneOf(timeZone: string): TimeZone {
  try {
    return new TimeZone(timeZone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = `there is no time zone "${timeZone}"; expected one such as Europe/Berlin or UTC`;
    throw new ProblemError('invalid_parameter', `In the query: timeZone: ${message}`, {
      errors: [{ path: 'timeZone', message }],
    });
  }
}
