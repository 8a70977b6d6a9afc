import { type Kysely, type SqlBool, sql } from 'kysely';
import type { SightingFilter } from '../../core/contract/sighting.js';
import { filterConditions } from './sighting-filter.js';
import type { SightingTables } from './sighting-row.js';

/** Sightings that began in one slot of time. */
export interface SlotCount {
  /** Number of the slot since the Unix epoch. */
  slot: number;
  sightings: number;
  marked: number;
}

/** How many sightings of a filter began in each slot of `slotMs` from `from` on and before `to`. */
export function countBySlot(
  db: Kysely<SightingTables>,
  filter: SightingFilter,
  { from, to, slotMs }: { from: number; to: number; slotMs: number },
): Promise<SlotCount[]> {
  const conditions = [
    ...filterConditions(filter),
    sql`started_at >= ${from}`,
    sql`started_at < ${to}`,
  ];
  const slot = sql<number>`started_at / ${sql.lit(slotMs)}`;
  return db
    .selectFrom('sighting')
    .select((q) => [
      slot.as('slot'),
      q.fn.countAll<number>().as('sightings'),
      q.fn.count<number>('marked_at').as('marked'),
    ])
    .where(sql<SqlBool>`${sql.join(conditions, sql` and `)}`)
    .groupBy(slot)
    .execute();
}
