import { type Kysely, sql } from 'kysely';
import type { Ranges } from '../../core/runtime/ranges.js';
import type { LedgerEntry, OutboxId, OutboxProgress } from './ledger-table.js';
import type { RelayTables } from './relay-tables.js';

/**
 * Remembers what the ledger has of a site whose data is about to be removed: an appliance that goes on sending does not
 * send it again, and nobody is to take it for lost.
 */
export async function rememberRemoved(
  db: Kysely<RelayTables>,
  site: string,
  removedAt: number,
): Promise<void> {
  await db
    .insertInto('removed_outbox')
    .columns(['site', 'epoch', 'acked_seq', 'ahead', 'removed_at'])
    .expression((q) =>
      q
        .selectFrom('ledger')
        .select(['site', 'epoch', 'acked_seq', 'ahead', sql<number>`${removedAt}`.as('removed_at')])
        .where('site', '=', site),
    )
    .onConflict((c) =>
      c.columns(['site', 'epoch']).doUpdateSet((eb) => ({
        acked_seq: eb.ref('excluded.acked_seq'),
        ahead: eb.ref('excluded.ahead'),
        removed_at: eb.ref('excluded.removed_at'),
      })),
    )
    .execute();
}

/** What was removed of an outbox that reports again; it is forgotten here, since the ledger has it from now on. */
export async function takeRemoved(
  trx: Kysely<RelayTables>,
  { site, epoch }: OutboxId,
): Promise<(OutboxProgress & { removedAt: number }) | undefined> {
  const row = await trx
    .deleteFrom('removed_outbox')
    .where('site', '=', site)
    .where('epoch', '=', epoch)
    .returning(['acked_seq', 'ahead', 'removed_at'])
    .executeTakeFirst();
  return (
    row && {
      watermark: row.acked_seq,
      ahead: JSON.parse(row.ahead) as Ranges,
      removedAt: row.removed_at,
    }
  );
}

/** The outbox of a removed site that was removed last. */
export async function latestRemoved(
  db: Kysely<RelayTables>,
  site: string,
): Promise<LedgerEntry | undefined> {
  const row = await db
    .selectFrom('removed_outbox')
    .selectAll()
    .where('site', '=', site)
    .orderBy('removed_at', 'desc')
    .orderBy('acked_seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  const { epoch, acked_seq: watermark, ahead } = row;
  return { site, epoch, watermark, ahead: JSON.parse(ahead) as Ranges };
}

export async function forgetRemovedBefore(db: Kysely<RelayTables>, before: number): Promise<void> {
  await db.deleteFrom('removed_outbox').where('removed_at', '<', before).execute();
}
