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
  type SightingHourRow,
  type SightingHourTables,
  sightingHourTable,
} from '../store/sighting-hour-table.js';
import { dayIn } from './time-slots.js';

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
    const hours = { from, to, camera, label };
    const rows = await sightingHourTable.list(this.db, hours, MAX_HOURS_READ + 1);
    if (rows.length > MAX_HOURS_READ) throw tooMany();
    const totals = per === 'hour' ? rows.map(totalOfHour) : byDay(rows, timeZone);
    if (totals.length > MAX_TOTALS) throw tooMany();
    return {
      status: 'OK',
      ...{ per, timeZone, totals },
      from: toIsoString(from * HOUR_MS),
      to: toIsoString(to * HOUR_MS),
    };
  }
}

const totalOfHour = ({ hour, camera, label, sightings }: SightingHourRow): SightingTotal => ({
  at: toIsoString(hour * HOUR_MS),
  ...{ camera, label, sightings },
});

/** An hour belongs to the day in which it begins. */
function byDay(rows: SightingHourRow[], timeZone: string): SightingTotal[] {
  const dayOf = dayIn(timeZone);
  const totals = new Map<string, SightingTotal>();
  for (const { hour, camera, label, sightings } of rows) {
    const at = hour * HOUR_MS;
    const day = dayOf(at);
    const key = JSON.stringify([day, camera, label]);
    const known = totals.get(key);
    if (known) known.sightings += sightings;
    else totals.set(key, { at: toIsoString(at), day, camera, label, sightings });
  }
  return [...totals.values()];
}

function tooMany(): ProblemError {
  const message = 'too many totals; ask for a shorter time, or for some cameras or labels alone';
  return new ProblemError('invalid_parameter', `In the query: from: ${message}`, {
    errors: [{ path: 'from', message }],
  });
}
