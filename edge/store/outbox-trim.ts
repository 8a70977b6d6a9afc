import { type Kysely, sql } from 'kysely';
import { evict, oldestSummaries } from './outbox-eviction.js';
import type { OutboxTables } from './outbox-tables.js';

/** Eviction frees space down to this part of the budget's bytes, so that not every new summary evicts another. */
const TARGET = 0.99;

/** Evicts the oldest summaries of an outbox of `bytes`, at most `limit`. Resolves with how many were evicted. */
export async function evictForBytes(
  trx: Kysely<OutboxTables>,
  bytes: number,
  maxBytes: number,
  limit: number,
  now: number,
): Promise<number> {
  const oldest = await oldestSummaries(trx, limit);
  let freed = 0;
  const firstKept = oldest.findIndex((row) => {
    if (bytes - freed <= maxBytes * TARGET) return true;
    freed += row.bytes;
    return false;
  });
  const evicted = firstKept < 0 ? oldest : oldest.slice(0, firstKept);
  await evict(trx, evicted, 'bytes', now);
  return evicted.length;
}

/**
 * Evicts summaries that are too old, at most `limit`. A summary whose own time is not known is at least as old as the
 * next one whose time is. Nothing is evicted while `now` is 0, which stands for a time that is not known. `wall` names
 * the hour of the count.
 */
export async function evictForAge(
  trx: Kysely<OutboxTables>,
  maxAgeMs: number,
  limit: number,
  now: number,
  wall = now,
): Promise<number> {
  if (now === 0) return 0;
  const isTooOld = (at: number) => at > 0 && now - at > maxAgeMs;
  const oldest = await oldestSummaries(trx, limit);
  const last = oldest.findLastIndex((row) => isTooOld(row.created_at));
  let evicted = oldest.slice(0, last + 1);
  if (oldest.every((row) => row.created_at === 0)) {
    const next = await firstKnownTime(trx, oldest.at(-1)?.seq ?? 0);
    if (next !== undefined && isTooOld(next)) evicted = oldest;
  }
  await evict(trx, evicted, 'age', wall);
  return evicted.length;
}

/** The time of the first row above `seq` whose time is known. Written so that the partial index is used. */
export async function firstKnownTime(
  db: Kysely<OutboxTables>,
  seq: number,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('outbox')
    .select('created_at')
    .where(sql<boolean>`created_at > 0`)
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  return row?.created_at;
}
