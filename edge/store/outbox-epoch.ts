import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Acknowledgement } from '../../core/contract/summary.js';
import type { OutboxTables } from './outbox-tables.js';

export interface EpochChange {
  /** What the relay has acknowledged of the epoch that ends. */
  known: Acknowledgement;
  /** Up to here the rows may also be in another database, or at a relay. */
  sharedSeq: number;
  /** The site under whose id the shared rows may have been sent. */
  formerSite?: string | undefined;
}

/**
 * Starts a new epoch, within the caller's transaction, because the database is found to be a restored copy, because
 * that is in doubt, or because the site has another id.
 *
 * Rows up to `sharedSeq` are the same in the copy and in its original, so those that the relay's acknowledgement names
 * are acknowledged. Rows above were numbered after the copy was restored: the relay knows other summaries by these
 * numbers. They, and the shared rows that the relay does not have, are renumbered from 1. Those that may have been
 * sent name the site id of that time, so that the relay recognises those that it has by their snapshots.
 */
export async function startNewEpoch(
  trx: Kysely<OutboxTables>,
  { known: { seq, ahead = [] }, sharedSeq, formerSite }: EpochChange,
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
  if (formerSite !== undefined) {
    await trx.updateTable('outbox_state').set({ forgotten_seq: 0 }).execute();
    await trx
      .updateTable('outbox')
      .set({ former: formerSite })
      .where((eb) =>
        eb.or([
          eb('seq', '<=', sharedSeq),
          eb('seq', '<=', eb.selectFrom('outbox_state').select('sent_mark')),
        ]),
      )
      .where('dropped_from', 'is', null)
      .where('former', 'is', null)
      .execute();
  }
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

/**
 * The site has this id now. If it had another one, the epoch ends: at the relay it belongs to that one. Nothing that was
 * acknowledged for the earlier id is sent again under the new one.
 */
export async function adoptSite(trx: Kysely<OutboxTables>, site: string): Promise<void> {
  const state = await trx
    .selectFrom('outbox_state')
    .select(['site', 'epoch', 'acked_seq', 'sent_mark', 'shared_seq'])
    .executeTakeFirstOrThrow();
  if (state.site === site) return;
  if (state.site !== '') {
    const { epoch, acked_seq: seq, sent_mark, shared_seq } = state;
    const sharedSeq = Math.max(sent_mark, shared_seq);
    await startNewEpoch(trx, { known: { epoch, seq }, sharedSeq, formerSite: state.site });
    await trx.deleteFrom('outbox_acknowledged').execute();
    await trx.updateTable('outbox_state').set({ kept: 0, kept_bytes: 0 }).execute();
  }
  await trx.updateTable('outbox_state').set({ site }).execute();
}
