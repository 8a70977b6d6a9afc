import { type Kysely, sql } from 'kysely';
import type { Dropped } from '../../core/contract/summary.js';
import { rangesOf } from '../../core/runtime/ranges.js';
import { countInHour } from './outbox-hours.js';
import type { MarkReason, OutboxTables } from './outbox-tables.js';

/** Marks of evicted summaries. Beyond it, the two oldest neighbours become one with the later one's reason. */
export const MAX_DROPPED_ROWS = 64;

/** What all marks have in common. */
export const MARK = {
  payload: '',
  bytes: 0,
  created_at: 0,
  detail: null,
  image: null,
  former: null,
} as const;

export type EvictionReason = Dropped['reason'];

/** A summary that may be evicted. */
export interface EvictableSummary {
  seq: number;
  bytes: number;
  created_at: number;
}

/** The oldest summaries, in order. */
export const oldestSummaries = (
  db: Kysely<OutboxTables>,
  limit: number,
): Promise<EvictableSummary[]> =>
  db
    .selectFrom('outbox')
    .select(['seq', 'bytes', 'created_at'])
    .where('dropped_from', 'is', null)
    .orderBy('seq')
    .limit(limit)
    .execute();

/**
 * Removes the oldest summaries and leaves marks in their place, within the caller's transaction: one for each range
 * without another mark in between. Marks of summaries that were refused, or lost with a damaged database, may lie
 * anywhere.
 */
export async function evict(
  trx: Kysely<OutboxTables>,
  evicted: EvictableSummary[],
  reason: EvictionReason,
  now: number,
): Promise<void> {
  if (evicted.length === 0) return;
  for (const [from, to] of rangesOf(evicted.map(({ seq }) => [seq, seq] as const))) {
    await trx.deleteFrom('outbox').where('seq', '>=', from).where('seq', '<=', to).execute();
    await insertMark(trx, from, to, reason);
  }
  const bytes = evicted.reduce((sum, row) => sum + row.bytes, 0);
  await trx
    .updateTable('outbox_state')
    .set({
      summaries: sql`summaries - ${evicted.length}`,
      bytes: sql`bytes - ${bytes}`,
      evicted: sql`evicted + ${evicted.length}`,
    })
    .execute();
  await countInHour(trx, now, 'evicted', evicted.length);
}

/** Inserts the mark, as one with the mark before it if that has the same reason. */
async function insertMark(
  trx: Kysely<OutboxTables>,
  from: number,
  to: number,
  reason: EvictionReason,
): Promise<void> {
  const before = await trx
    .deleteFrom('outbox')
    .where('seq', '=', from - 1)
    .where('reason', '=', reason)
    .returning('dropped_from')
    .executeTakeFirst();
  await trx
    .insertInto('outbox')
    .values(evictionMark(before?.dropped_from ?? from, to, reason))
    .execute();
  if (!before) await mergeOldestMarks(trx);
}

/** A row that stands for summaries that will not be sent. */
export const evictionMark = (from: number, to: number, reason: MarkReason) => ({
  ...MARK,
  seq: to,
  dropped_from: from,
  reason,
});

/** Of marks of evicted summaries; one that was set aside keeps its own reason. */
async function mergeOldestMarks(trx: Kysely<OutboxTables>): Promise<void> {
  const marks = await trx
    .selectFrom('outbox')
    .select(['seq', 'dropped_from', 'reason'])
    .where('dropped_from', 'is not', null)
    .orderBy('seq')
    .limit(2 * MAX_DROPPED_ROWS)
    .execute();
  if (marks.length <= MAX_DROPPED_ROWS) return;
  const isEvicted = (mark: { reason: MarkReason | null } | undefined) =>
    mark?.reason === 'bytes' || mark?.reason === 'age';
  const i = marks.findIndex((mark, at) => {
    const next = marks[at + 1];
    return isEvicted(mark) && isEvicted(next) && next?.dropped_from === mark.seq + 1;
  });
  const [oldest, second] = [marks[i], marks[i + 1]];
  if (!oldest || !second) return;
  await trx.deleteFrom('outbox').where('seq', '=', oldest.seq).execute();
  await trx
    .updateTable('outbox')
    .set({ dropped_from: oldest.dropped_from })
    .where('seq', '=', second.seq)
    .execute();
}
