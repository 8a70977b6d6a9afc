import { type Kysely, sql } from 'kysely';
import type { Dropped } from '../../core/contract/summary.js';
import { countInHour } from './outbox-hours.js';
import type { OutboxTables } from './outbox-tables.js';

/** Rows that tell of evicted summaries. Beyond it, two neighbours become one and bear the later one's reason. */
export const MAX_DROPPED_ROWS = 64;

export type EvictionReason = Dropped['reason'];

/** A summary that may have to go. */
export interface Candidate {
  seq: number;
  bytes: number;
  created_at: number;
}

/** The oldest summaries, in order. */
export const oldestSummaries = (db: Kysely<OutboxTables>, limit: number): Promise<Candidate[]> =>
  db
    .selectFrom('outbox')
    .select(['seq', 'bytes', 'created_at'])
    .where('dropped_from', 'is', null)
    .orderBy('seq')
    .limit(limit)
    .execute();

/**
 * Takes the oldest summaries out and leaves one row in their place, within the caller's transaction. As it is always
 * the oldest that go, the rows of evicted ones lie below all summaries, and each follows on from the one before.
 */
export async function evict(
  trx: Kysely<OutboxTables>,
  evicted: Candidate[],
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
  await leaveMark(trx, first.seq, last.seq, reason);
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

async function leaveMark(
  trx: Kysely<OutboxTables>,
  from: number,
  to: number,
  reason: EvictionReason,
): Promise<void> {
  const marks = await trx
    .selectFrom('outbox')
    .select(['seq', 'dropped_from', 'reason'])
    .where('dropped_from', 'is not', null)
    .orderBy('seq')
    .limit(MAX_DROPPED_ROWS + 1)
    .execute();
  const newest = marks.at(-1);
  const joins = newest?.reason === reason && newest.seq === from - 1;
  if (joins) await trx.deleteFrom('outbox').where('seq', '=', newest.seq).execute();
  await trx
    .insertInto('outbox')
    .values({
      seq: to,
      payload: '',
      bytes: 0,
      created_at: 0,
      dropped_from: joins ? newest.dropped_from : from,
      reason,
    })
    .execute();
  if (joins || marks.length < MAX_DROPPED_ROWS) return;
  const [oldest, second] = marks;
  if (!oldest || !second) return;
  await trx.deleteFrom('outbox').where('seq', '=', oldest.seq).execute();
  await trx
    .updateTable('outbox')
    .set({ dropped_from: oldest.dropped_from })
    .where('seq', '=', second.seq)
    .execute();
}
