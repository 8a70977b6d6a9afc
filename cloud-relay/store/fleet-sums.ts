import type { Kysely } from 'kysely';
import { holes, type Ranges } from '../../core/runtime/ranges.js';
import type { GapReason, RelayTables } from './relay-tables.js';

/** Sums over the rows of several sites, for a page of the fleet. */

/** Numbers of summaries in gaps, by site and reason. */
export async function gapSums(
  db: Kysely<RelayTables>,
  sites: readonly string[],
): Promise<{ site: string; reason: GapReason; count: number }[]> {
  if (sites.length === 0) return [];
  const rows = await db
    .selectFrom('absence')
    .select(['site', 'reason'])
    .select(({ eb, fn }) =>
      fn.sum<number | string>(eb(eb('to_seq', '-', eb.ref('from_seq')), '+', 1)).as('count'),
    )
    .where('site', 'in', sites)
    .groupBy(['site', 'reason'])
    .execute();
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

/** An entry may have 1,024 ranges. */
const MAX_ENTRIES = 1_000;

/** Numbers that are still expected, by site: those below what has arrived already. */
export async function missingSums(
  db: Kysely<RelayTables>,
  sites: readonly string[],
): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  if (sites.length === 0) return sums;
  const rows = await db
    .selectFrom('ledger')
    .select(['site', 'acked_seq', 'ahead'])
    .where('site', 'in', sites)
    .where('ahead', '!=', '[]')
    .orderBy('updated_at', 'desc')
    .limit(MAX_ENTRIES)
    .execute();
  for (const { site, acked_seq, ahead } of rows)
    for (const [from, to] of holes([[0, acked_seq], ...(JSON.parse(ahead) as Ranges)]))
      sums.set(site, (sums.get(site) ?? 0) + to - from + 1);
  return sums;
}

/** Detections by site and day (UTC), from a day on. */
export async function dailySums(
  db: Kysely<RelayTables>,
  sites: readonly string[],
  from: number,
): Promise<{ site: string; day: number; detections: number }[]> {
  if (sites.length === 0) return [];
  const rows = await db
    .selectFrom('daily_label')
    .select(['site', 'day'])
    .select(({ fn }) => fn.sum<number | string>('detections').as('detections'))
    .where('site', 'in', sites)
    .where('day', '>=', from)
    .groupBy(['site', 'day'])
    .execute();
  return rows.map((row) => ({ ...row, detections: Number(row.detections) }));
}
