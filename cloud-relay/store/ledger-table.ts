import type { Kysely } from 'kysely';
import type { Ranges } from '../../core/runtime/ranges.js';
import type { LedgerRow, RelayTables } from './relay-tables.js';

/** An entry may have 1,024 ranges. */
const MAX_ENTRIES = 100;

export interface OutboxId {
  site: string;
  epoch: string;
}

/** The numbers of an outbox that are accounted for, by a committed summary or a known gap. */
export interface OutboxProgress {
  /** Every number up to it is accounted for. */
  watermark: number;
  /** Further numbers that are, above it. */
  ahead: Ranges;
}

export interface LedgerEntry extends OutboxId, OutboxProgress {}

/** An entry after a batch, with what the batch added to its counts. */
export interface LedgerUpdate extends LedgerEntry {
  summaries: number;
  detections: number;
}

/**
 * Resolves with the entry of each outbox, and makes one for a new outbox. Locks the rows for the transaction (on
 * PostgreSQL), so that two relays that commit for the same outbox do so one after the other; give them in a fixed order.
 */
export async function lockLedger(
  trx: Kysely<RelayTables>,
  outboxes: OutboxId[],
  now: number,
): Promise<LedgerEntry[]> {
  const rows = await trx
    .insertInto('ledger')
    .values(
      outboxes.map(({ site, epoch }) => ({
        site,
        epoch,
        acked_seq: 0,
        ahead: '[]',
        summaries: 0,
        detections: 0,
        updated_at: now,
      })),
    )
    .onConflict((c) => c.columns(['site', 'epoch']).doUpdateSet({ updated_at: now }))
    .returning(['site', 'epoch', 'acked_seq', 'ahead'])
    .execute();
  return rows.map(entryOf);
}

/** Moves the watermarks and adds to the counts. */
export async function updateLedger(
  trx: Kysely<RelayTables>,
  updates: LedgerUpdate[],
  now: number,
): Promise<void> {
  await trx
    .insertInto('ledger')
    .values(
      updates.map(({ watermark, ahead, ...rest }) => ({
        ...rest,
        acked_seq: watermark,
        ahead: JSON.stringify(ahead),
        updated_at: now,
      })),
    )
    .onConflict((c) =>
      c.columns(['site', 'epoch']).doUpdateSet((eb) => ({
        acked_seq: eb.ref('excluded.acked_seq'),
        ahead: eb.ref('excluded.ahead'),
        summaries: eb('ledger.summaries', '+', eb.ref('excluded.summaries')),
        detections: eb('ledger.detections', '+', eb.ref('excluded.detections')),
      })),
    )
    .execute();
}

/** The entries of a site's outboxes, the one that reported last first; at most `limit`. */
export async function ledgerOf(
  db: Kysely<RelayTables>,
  site: string,
  limit = MAX_ENTRIES,
): Promise<(LedgerEntry & { updatedAt: number })[]> {
  const rows = await db
    .selectFrom('ledger')
    .selectAll()
    .where('site', '=', site)
    .orderBy('updated_at', 'desc')
    .orderBy('epoch')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...entryOf(row), updatedAt: row.updated_at }));
}

/** The entry of one outbox; that of an outbox of which nothing is committed if there is none. */
export async function ledgerEntry(
  db: Kysely<RelayTables>,
  { site, epoch }: OutboxId,
): Promise<LedgerEntry> {
  const row = await db
    .selectFrom('ledger')
    .selectAll()
    .where('site', '=', site)
    .where('epoch', '=', epoch)
    .executeTakeFirst();
  return row ? entryOf(row) : { site, epoch, watermark: 0, ahead: [] };
}

const entryOf = ({
  site,
  epoch,
  acked_seq,
  ahead,
}: Pick<LedgerRow, 'site' | 'epoch' | 'acked_seq' | 'ahead'>): LedgerEntry => ({
  site,
  epoch,
  watermark: acked_seq,
  ahead: JSON.parse(ahead) as Ranges,
});
