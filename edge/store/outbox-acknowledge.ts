import { type Kysely, sql } from 'kysely';
import { countInHour } from './outbox-hours.js';
import { type KeptBudget, keepAcknowledged, trimKept } from './outbox-kept.js';
import type { OutboxTables } from './outbox-tables.js';

/**
 * Removes rows up to `seq` that the relay has, at most `limit` of them, within the caller's transaction, and keeps them
 * for a while if there is a budget for that. Resolves with the number up to which everything is acknowledged now.
 */
export async function acknowledgeRows(
  trx: Kysely<OutboxTables>,
  seq: number,
  limit: number,
  now: number,
  kept?: KeptBudget,
): Promise<number> {
  const last = await trx
    .selectFrom('outbox')
    .select('seq')
    .where('seq', '<=', seq)
    .orderBy('seq')
    .limit(1)
    .offset(limit - 1)
    .executeTakeFirst();
  const upTo = last?.seq ?? seq;
  const removed = await trx
    .selectFrom('outbox')
    .select(sql<number>`count(*)`.as('summaries'))
    .select(sql<number>`coalesce(sum(bytes), 0)`.as('bytes'))
    .where('seq', '<=', upTo)
    .where('dropped_from', 'is', null)
    .executeTakeFirstOrThrow();
  if (kept) await keepAcknowledged(trx, upTo);
  await trx.deleteFrom('outbox').where('seq', '<=', upTo).execute();
  await trx
    .updateTable('outbox_state')
    .set({
      acked_seq: sql`max(acked_seq, ${upTo})`,
      summaries: sql`summaries - ${removed.summaries}`,
      bytes: sql`bytes - ${removed.bytes}`,
    })
    .execute();
  if (kept) await trimKept(trx, kept, 2 * limit, false);
  if (removed.summaries > 0) await countInHour(trx, now, 'settled', removed.summaries);
  return upTo;
}
