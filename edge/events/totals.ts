import type { Kysely } from 'kysely';
import {
  MAX_TOTALS,
  type SightingTotal,
  type SightingTotals,
  type TotalsQuery,
} from '../../core/contract/totals.js';
import { type Clock, toIsoString } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import {
  HOUR_MS,
  type HourQuery,
  type SightingHourRow,
  type SightingHourTables,
  sightingHourTable,
} from '../store/sighting-hour-table.js';
import { inSlices } from '../store/time-slices.js';
import { type DayOf, dayIn } from './time-slots.js';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = { hour: 7, day: 31 };
/** Rows that one answer is made of: those of 31 days with 30 cameras and 4 labels in every hour. */
const MAX_HOURS_READ = 100_000;

/** How many sightings appeared, from totals of hours that outlast the sightings. */
export class Totals {
  constructor(
    private readonly db: Kysely<SightingHourTables>,
    private readonly clock: Clock,
  ) {}

  /** Throws `invalid_parameter` if the answer would be too large. */
  async read({ per, camera, label, timeZone, ...query }: TotalsQuery): Promise<SightingTotals> {
    const end = query.to === undefined ? this.clock() : Date.parse(query.to);
    const begin =
      query.from === undefined ? end - DEFAULT_DAYS[per] * DAY_MS : Date.parse(query.from);
    const [from, to] = [Math.floor(begin / HOUR_MS), Math.ceil(end / HOUR_MS)];
    const sums = per === 'hour' ? new HourSums() : new DaySums(timeZone);
    await this.#each({ from, to, camera, label }, (rows) => {
      for (const row of rows) sums.add(row);
      if (sums.totals.length > MAX_TOTALS) throw tooMany();
    });
    return {
      status: 'OK',
      ...{ per, timeZone, totals: sums.totals },
      from: toIsoString(from * HOUR_MS),
      to: toIsoString(to * HOUR_MS),
    };
  }

  /** Calls `use` with the rows of one slice of the time after the other, so that none holds up others for long. */
  async #each(hours: HourQuery, use: (rows: SightingHourRow[]) => void): Promise<void> {
    const stored = await sightingHourTable.span(this.db);
    if (!stored) return;
    const first = Math.max(hours.from, stored.first) * HOUR_MS;
    const end = Math.min(hours.to, stored.last + 1) * HOUR_MS;
    let left = MAX_HOURS_READ;
    await inSlices({ from: first, to: end }, true, async (slice) => {
      const part = { ...hours, from: slice.from / HOUR_MS, to: slice.to / HOUR_MS };
      const rows = await sightingHourTable.list(this.db, part, left + 1);
      left -= rows.length;
      if (left < 0) throw tooMany();
      use(rows);
      return false;
    });
  }
}

const totalOfHour = ({ hour, camera, label, sightings }: SightingHourRow): SightingTotal => ({
  at: toIsoString(hour * HOUR_MS),
  ...{ camera, label, sightings },
});

class HourSums {
  readonly totals: SightingTotal[] = [];

  add(row: SightingHourRow): void {
    this.totals.push(totalOfHour(row));
  }
}

/** An hour belongs to the day in which it begins. */
class DaySums {
  readonly totals: SightingTotal[] = [];
  readonly #known = new Map<string, SightingTotal>();
  readonly #dayOf: DayOf;

  constructor(timeZone: string) {
    this.#dayOf = dayIn(timeZone);
  }

  add({ hour, camera, label, sightings }: SightingHourRow): void {
    const at = hour * HOUR_MS;
    const day = this.#dayOf(at);
    const key = JSON.stringify([day, camera, label]);
    const known = this.#known.get(key);
    if (known) {
      known.sightings += sightings;
      return;
    }
    const total = { at: toIsoString(at), day, camera, label, sightings };
    this.#known.set(key, total);
    this.totals.push(total);
  }
}

function tooMany(): ProblemError {
  const message = 'too many totals; ask for a shorter time, or for some cameras or labels alone';
  return new ProblemError('invalid_parameter', `In the query: from: ${message}`, {
    errors: [{ path: 'from', message }],
  });
}
