import type { Kysely } from 'kysely';
import type { RelayTables } from './relay-tables.js';

/** What the relay has of one outbox. */
export interface LedgerTable {
  site: string;
  epoch: string;
  /** Everything up to here is committed, or known to be lost. */
  acked_seq: number;
  summaries: number;
  detections: number;
  updated_at: number;
}

export interface Outlet {
  site: string;
  epoch: string;
}

export interface Mark extends Outlet {
  /** Everything up to and including `seq` is settled. */
  seq: number;
}

/** What one batch brought, per outbox. */
export interface Arrived extends Mark {
  summaries: number;
  detections: number;
}

/**
 * Resolves with each outbox's mark, 0 for a new one. Also locks these rows for the transaction (on PostgreSQL),
 * so that two relays which commit for the same outbox do so one after the other; give them in a fixed order.
 */
export async function openLedger(
  trx: Kysely<RelayTables>,
  outlets: Outlet[],
  now: number,
): Promise<Mark[]> {
  const rows = await trx
    .insertInto('ledger')
    .values(
      outlets.map(({ site, epoch }) => ({
        site,
        epoch,
        acked_seq: 0,
        summaries: 0,
        detections: 0,
        updated_at: now,
      })),
    )
    .onConflict((c) => c.columns(['site', 'epoch']).doUpdateSet({ updated_at: now }))
    .returning(['site', 'epoch', 'acked_seq'])
    .execute();
  return rows.map(({ site, epoch, acked_seq }) => ({ site, epoch, seq: acked_seq }));
}

/** Moves the marks and adds to the counts. */
export async function advanceLedger(
  trx: Kysely<RelayTables>,
  arrived: Arrived[],
  now: number,
): Promise<void> {
  await trx
    .insertInto('ledger')
    .values(arrived.map(({ seq, ...rest }) => ({ ...rest, acked_seq: seq, updated_at: now })))
    .onConflict((c) =>
      c.columns(['site', 'epoch']).doUpdateSet((eb) => ({
        acked_seq: eb.ref('excluded.acked_seq'),
        summaries: eb('ledger.summaries', '+', eb.ref('excluded.summaries')),
        detections: eb('ledger.detections', '+', eb.ref('excluded.detections')),
      })),
    )
    .execute();
}

export interface SiteTotals {
  site: string;
  summaries: number;
  detections: number;
  lastReceivedAt: number;
}

export async function siteTotals(db: Kysely<RelayTables>, id?: string): Promise<SiteTotals[]> {
  const rows = await db
    .selectFrom('ledger')
    .select(({ fn }) => [
      'site',
      fn.sum<number>('summaries').as('summaries'),
      fn.sum<number>('detections').as('detections'),
      fn.max('updated_at').as('lastReceivedAt'),
    ])
    .$if(id !== undefined, (q) => q.where('site', '=', id ?? ''))
    .groupBy('site')
    .execute();
  return rows.map((row) => ({
    site: row.site,
    summaries: Number(row.summaries),
    detections: Number(row.detections),
    lastReceivedAt: Number(row.lastReceivedAt),
  }));
}
