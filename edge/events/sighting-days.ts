import type { Kysely } from 'kysely';
import type { SightingDays, SightingDaysQuery } from '../../core/contract/sighting.js';
import { type Clock, toIsoString } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import { countBySlot } from '../store/sighting-days.js';
import type { SightingTables } from '../store/sighting-row.js';
import { dayIn, SLOT_MS } from './time-slots.js';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 31;
const MAX_DAYS = 400;
/** Counted by one statement, so that none holds up others for long. */
const DAYS_AT_ONCE = 2;

/** How many sightings began on each day of a reader's time zone. */
export class DayCounts {
  constructor(
    private readonly db: Kysely<SightingTables>,
    private readonly clock: Clock,
  ) {}

  async read({ timeZone, from, to, ...filter }: SightingDaysQuery): Promise<SightingDays> {
    const end = to === undefined ? this.clock() : Date.parse(to);
    const begin = from === undefined ? end - DEFAULT_DAYS * DAY_MS : Date.parse(from);
    if (end - begin > MAX_DAYS * DAY_MS) throw tooLong();
    const dayOf = dayIn(timeZone);
    const days = new Map<string, { day: string; sightings: number; marked: number }>();
    for (let at = begin; at < end; at += DAYS_AT_ONCE * DAY_MS) {
      const part = { from: at, to: Math.min(end, at + DAYS_AT_ONCE * DAY_MS), slotMs: SLOT_MS };
      for (const { slot, sightings, marked } of await countBySlot(this.db, filter, part)) {
        const day = dayOf(slot * SLOT_MS);
        const total = days.get(day) ?? { day, sightings: 0, marked: 0 };
        total.sightings += sightings;
        total.marked += marked;
        days.set(day, total);
      }
    }
    return {
      status: 'OK',
      timeZone,
      from: toIsoString(begin),
      to: toIsoString(end),
      days: [...days.values()].sort((a, b) => (a.day < b.day ? 1 : -1)),
    };
  }
}

function tooLong(): ProblemError {
  const message = `expected at most ${MAX_DAYS} days before "to"`;
  return new ProblemError('invalid_parameter', `In the query: from: ${message}`, {
    errors: [{ path: 'from', message }],
  });
}
