import type { Kysely } from 'kysely';
import type { SightingTotal, SightingTotals, TotalsQuery } from '../../core/contract/totals.js';
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
import { dayIn } from './time-slots.js';
import { decodeTotalsCursor, encodeTotalsCursor, TotalsPage } from './totals-page.js';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = { hour: 7, day: 31 };
/** Rows that one answer is made of: those of 31 days with 30 cameras and 4 labels in every hour. */
const MAX_HOURS_READ = 100_000;

/** How many sightings appeared, from totals of hours that outlast the sightings. */
export class Totals {
  constructor(
    private readonly db: Kysely<SightingHourTables>,
    private readonly clock: Clock,
    /** Size after which a page ends. */
    private readonly maxBytes?: number,
  ) {}

  /** A page that ends before it is too large. Throws `invalid_parameter` if one day has too many totals. */
  async read({
    per,
    after,
    timeZone,
    camera,
    label,
    ...query
  }: TotalsQuery): Promise<SightingTotals> {
    const start = after === undefined ? undefined : decodeTotalsCursor(after);
    const { from, to } = start ?? this.#bounds(per, query);
    const page = new TotalsPage(start?.last, this.maxBytes);
    const group = per === 'hour' ? new HourSums() : new DaySums(timeZone);
    const isWhole = await this.#each(
      { from: start?.last.hour ?? from, to, camera, label },
      (row) => {
        if (!group.has(row)) page.add(group.take());
        if (!page.isFull) group.add(row);
        return page.isFull;
      },
    );
    if (isWhole) page.add(group.take());
    else if (page.last === undefined) throw tooMany();
    const hasMore = page.isFull || !isWhole;
    return {
      status: 'OK',
      ...{ per, timeZone, totals: page.totals },
      from: toIsoString(from * HOUR_MS),
      to: toIsoString(to * HOUR_MS),
      next: hasMore && page.last ? encodeTotalsCursor({ from, to, last: page.last }) : null,
    };
  }

  #bounds(per: TotalsQuery['per'], query: Pick<TotalsQuery, 'from' | 'to'>) {
    const end = query.to === undefined ? this.clock() : Date.parse(query.to);
    const begin =
      query.from === undefined ? end - DEFAULT_DAYS[per] * DAY_MS : Date.parse(query.from);
    return { from: Math.floor(begin / HOUR_MS), to: Math.ceil(end / HOUR_MS) };
  }

  /**
   * Calls `use` with one row after the other until it returns true, reading one slice of the time after the other, so that
   * none holds up others for long. Resolves with false if there are too many rows.
   */
  async #each(hours: HourQuery, use: (row: SightingHourRow) => boolean): Promise<boolean> {
    const stored = await sightingHourTable.span(this.db);
    if (!stored) return true;
    const first = Math.max(hours.from, stored.first) * HOUR_MS;
    const end = Math.min(hours.to, stored.last + 1) * HOUR_MS;
    let left = MAX_HOURS_READ;
    await inSlices({ from: first, to: end }, true, async (slice) => {
      const part = { ...hours, from: slice.from / HOUR_MS, to: slice.to / HOUR_MS };
      const rows = await sightingHourTable.list(this.db, part, left + 1);
      left -= rows.length;
      return rows.some(use) || left < 0;
    });
    return left >= 0;
  }
}

/** The totals of one hour after the other. */
class HourSums {
  #rows: SightingHourRow[] = [];

  has({ hour }: SightingHourRow): boolean {
    return this.#rows[0]?.hour === hour || this.#rows.length === 0;
  }

  add(row: SightingHourRow): void {
    this.#rows.push(row);
  }

  take(): { hour: number; totals: SightingTotal[] } | undefined {
    const rows = this.#rows;
    this.#rows = [];
    return rows[0] && { hour: rows[0].hour, totals: rows.map(totalOf) };
  }
}

/** Those of one day after the other. An hour belongs to the day in which it begins. */
class DaySums {
  readonly #totals = new Map<string, SightingTotal>();
  readonly #dayOf: (at: number) => string;
  #first: { hour: number; day: string } | undefined;

  constructor(timeZone: string) {
    this.#dayOf = dayIn(timeZone);
  }

  has({ hour }: SightingHourRow): boolean {
    return this.#first === undefined || this.#first.day === this.#dayOf(hour * HOUR_MS);
  }

  add(row: SightingHourRow): void {
    this.#first ??= { hour: row.hour, day: this.#dayOf(row.hour * HOUR_MS) };
    const key = JSON.stringify([row.camera, row.label]);
    const known = this.#totals.get(key);
    if (known) known.sightings += row.sightings;
    else this.#totals.set(key, { ...totalOf(row), day: this.#first.day });
  }

  take(): { hour: number; totals: SightingTotal[] } | undefined {
    const taken = this.#first && { hour: this.#first.hour, totals: [...this.#totals.values()] };
    this.#totals.clear();
    this.#first = undefined;
    return taken;
  }
}

const totalOf = ({ hour, camera, label, sightings }: SightingHourRow): SightingTotal => ({
  at: toIsoString(hour * HOUR_MS),
  ...{ camera, label, sightings },
});

function tooMany(): ProblemError {
  const message = 'too many totals in one hour or day; ask for some cameras or labels alone';
  return new ProblemError('invalid_parameter', `In the query: from: ${message}`, {
    errors: [{ path: 'from', message }],
  });
}
