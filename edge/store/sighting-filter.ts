import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { SightingFilter } from '../../core/contract/sighting.js';
import type { SightingTables } from './sighting-row.js';

/** A sighting that lasts so long is found through an index of its own; the migration has the same number. */
export const LONG_MS = 3_600_000;

/** Where a sighting is in the order of pages. */
export interface Place {
  started_at: number;
  id: string;
}

/** The conditions of a filter except for those of time, over `sighting`. */
export function filterConditions(filter: SightingFilter): RawBuilder<unknown>[] {
  const { camera, label, detector, zone, state, minConfidence, marked } = filter;
  return [
    ...(camera ? [oneOf('camera', camera)] : []),
    ...(label ? [oneOf('label', label)] : []),
    ...(detector ? [sql`detector in (${sql.join(detector)})`] : []),
    ...(zone ? [sql`(${sql.join(zone.map(passed), sql` or `)})`] : []),
    // Nearly all have left: their index would not help.
    ...(state === 'left' ? [sql`+state = 'left'`] : state ? [sql`state = ${state}`] : []),
    ...(minConfidence === undefined ? [] : [sql`confidence >= ${minConfidence}`]),
    ...(marked === undefined ? [] : [marked ? sql`marked_at is not null` : sql`marked_at is null`]),
  ];
}

/** Whether an index finds the sightings of a filter, so that a page reads no more than it has. */
export function isServedByIndex(filter: SightingFilter): boolean {
  const { camera = [], label = [], detector, zone, state, minConfidence, marked } = filter;
  if (detector || zone || minConfidence !== undefined || marked === false) return false;
  return state !== 'left' && camera.length + label.length <= 1;
}

/** The index of one name is in the order of pages; several would have to be sorted. */
const oneOf = (column: 'camera' | 'label', names: readonly string[]) =>
  names.length === 1
    ? sql`${sql.ref(column)} = ${names[0]}`
    : sql`+${sql.ref(column)} in (${sql.join(names)})`;

/** `zones` is a JSON array of texts: a quotation mark after a bracket or a comma begins one of them. */
function passed(zone: string): RawBuilder<boolean> {
  const text = JSON.stringify(zone);
  return sql<boolean>`(instr(zones, ${`[${text}`}) > 0 or instr(zones, ${`,${text}`}) > 0)`;
}

/**
 * No sighting that was present at `from` or later began before the result: short ones began within an hour before, and
 * of the long and the open ones there are few.
 */
export async function earliestBegin(db: Kysely<SightingTables>, from: number): Promise<number> {
  const { rows } = await sql<{ began: number | null }>`
    select min(began) as began from (
      select began from (
        select started_at as began from sighting
        where last_seen_at - started_at >= ${sql.lit(LONG_MS)} and ended_at >= ${from}
        order by started_at limit 1
      )
      union all
      select min(started_at) from sighting where ended_at is null
    )`.execute(db);
  return Math.min(from - LONG_MS, rows[0]?.began ?? Number.POSITIVE_INFINITY);
}
