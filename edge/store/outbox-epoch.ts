import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Acknowledgement } from '../../core/contract/summary.js';
import type { OutboxTables } from './outbox-tables.js';

/**
 * Starts a new epoch in a database that is found to be a restored copy, within the caller's transaction.
 *
 * Rows up to `sharedSeq` are the same in the copy and in its original, so those that the relay's acknowledgement names
 * are acknowledged. Rows above were numbered after the copy was restored: the relay knows other summaries by these
 * numbers. They, and the shared rows that the relay does not have, are renumbered from 1.
 */
export async function startNewEpoch(
  trx: Kysely<OutboxTables>,
  { seq, ahead = [] }: Acknowledgement,
  sharedSeq: number,
): Promise<void> {
  for (const [from, to] of [[1, seq] as const, ...ahead])
    await trx
      .deleteFrom('outbox')
      .where('seq', '<=', Math.min(to, sharedSeq))
      .where(sql<number>`coalesce(dropped_from, seq)`, '>=', from)
      .execute();
  const acked = Math.min(seq, sharedSeq);
  await trx
    .updateTable('outbox')
    .set({ dropped_from: acked + 1 })
    .where('dropped_from', '<=', acked)
    .execute();
  // In two steps, through negative numbers, since the old and the new ones may overlap.
  await sql`
    update outbox set seq = -renumbered.seq,
      dropped_from = renumbered.seq - renumbered.extent + 1
    from (
      select seq as old, extent, sum(extent) over (order by seq) as seq
      from (select seq, seq - coalesce(dropped_from, seq) + 1 as extent from outbox)
    ) as renumbered
    where outbox.seq = renumbered.old`.execute(trx);
  await sql`
    update outbox set seq = -seq, dropped_from = case when reason is not null then dropped_from end
    where seq < 0`.execute(trx);
  await sql`
    update outbox_state set
      epoch = ${randomUUID()}, acked_seq = 0, sent_mark = 0, shared_seq = 0,
      last_seq = (select coalesce(max(seq), 0) from outbox),
      summaries = (select count(*) from outbox where reason is null),
      bytes = (select coalesce(sum(bytes), 0) from outbox)`.execute(trx);
}
