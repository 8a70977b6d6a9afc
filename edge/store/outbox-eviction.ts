import { type Kysely, sql } from 'kysely';
import type { Dropped } from '../../core/contract/summary.js';
import { countInHour } from './outbox-hours.js';
import type { OutboxTables } from './outbox-tables.js';

/** Rows of dropped summaries. Beyond it, the two oldest neighbours become one with the later one's reason. */
export const MAX_DROPPED_ROWS = 64;

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
 * Removes the oldest summaries and leaves one row in their place, within the caller's transaction. As the oldest always
 * go first, the rows of evicted summaries lie below all summaries, and each begins where the one before ends. Those of
 * summaries that were lost with a damaged database may lie anywhere.
 */
export async function evict(
  trx: Kysely<OutboxTables>,
  evicted: EvictableSummary[],
  reason: EvictionReason,
  now: number,
): Promise<void> {
  const [first] = evicted;
  const last = evicted.at(-1);
  if (!first || !last) return;
  await trx
    .deleteFrom('outbox')
    .where('seq', '>=', first.seq)
    .where('seq', '<=', last.seq)
    .execute();
  await insertDroppedRow(trx, first.seq, last.seq, reason);
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

async function insertDroppedRow(
  trx: Kysely<OutboxTables>,
  from: number,
  to: number,
  reason: EvictionReason,
): Promise<void> {
  const droppedRows = await trx
    .selectFrom('outbox')
    .select(['seq', 'dropped_from', 'reason'])
    .where('dropped_from', 'is not', null)
    .orderBy('seq')
    .limit(MAX_DROPPED_ROWS + 1)
    .execute();
  const before = droppedRows.find(({ seq }) => seq === from - 1);
  const joins = before?.reason === reason;
  if (joins) await trx.deleteFrom('outbox').where('seq', '=', before.seq).execute();
  await trx
    .insertInto('outbox')
    .values({
      seq: to,
      payload: '',
      bytes: 0,
      created_at: 0,
      dropped_from: joins ? before.dropped_from : from,
      reason,
      image: null,
    })
    .execute();
  if (joins || droppedRows.length < MAX_DROPPED_ROWS) return;
  const index = droppedRows.findIndex(({ seq }, i) => droppedRows[i + 1]?.dropped_from === seq + 1);
  const [oldest, second] = [droppedRows[index], droppedRows[index + 1]];
  if (!oldest || !second) return;
  await trx.deleteFrom('outbox').where('seq', '=', oldest.seq).execute();
  await trx
    .updateTable('outbox')
    .set({ dropped_from: oldest.dropped_from })
    .where('seq', '=', second.seq)
    .execute();
}
