import type { Kysely } from 'kysely';
import type { Ranges } from '../../core/runtime/ranges.js';
import type { Settled } from '../ingest/settle.js';
import type { RelayTables } from './relay-tables.js';

/** What the relay has of one outbox. */
export interface LedgerTable {
  site: string;
  epoch: string;
  /** Everything up to here is settled: committed, or known not to come. */
  acked_seq: number;
  /** Ranges above it that are settled as well, as JSON. */
  ahead: string;
  summaries: number;
  detections: number;
  /** When its last batch was committed. */
  updated_at: number;
}

export interface OutboxId {
  site: string;
  epoch: string;
}

/** How far an outbox is settled. */
export interface Mark extends OutboxId, Settled {}

/** What one batch brought, per outbox. */
export interface Arrived extends Mark {
  summaries: number;
  detections: number;
}

/**
 * Resolves with what is settled of each outbox; nothing for a new one. Also locks these rows for the transaction (on
 * PostgreSQL), so that two relays which commit for the same outbox do so one after the other; give them in a fixed order.
 */
export async function openLedger(
  trx: Kysely<RelayTables>,
  outlets: OutboxId[],
  now: number,
): Promise<Mark[]> {
  const rows = await trx
    .insertInto('ledger')
    .values(
      outlets.map(({ site, epoch }) => ({
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
  return rows.map(markOf);
}

/** Moves the marks and adds to the counts. */
export async function advanceLedger(
  trx: Kysely<RelayTables>,
  arrived: Arrived[],
  now: number,
): Promise<void> {
  await trx
    .insertInto('ledger')
    .values(
      arrived.map(({ mark, ahead, ...rest }) => ({
        ...rest,
        acked_seq: mark,
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

/** How far each outbox of a site is settled, the one that was heard last first. */
export async function marksOf(
  db: Kysely<RelayTables>,
  site: string,
): Promise<(Mark & { updatedAt: number })[]> {
  const rows = await db
    .selectFrom('ledger')
    .selectAll()
    .where('site', '=', site)
    .orderBy('updated_at', 'desc')
    .orderBy('epoch')
    .execute();
  return rows.map((row) => ({ ...markOf(row), updatedAt: row.updated_at }));
}

const markOf = ({
  site,
  epoch,
  acked_seq,
  ahead,
}: Pick<LedgerTable, 'site' | 'epoch' | 'acked_seq' | 'ahead'>): Mark => ({
  site,
  epoch,
  mark: acked_seq,
  ahead: JSON.parse(ahead) as Ranges,
});

export interface SiteTotals {
  site: string;
  summaries: number;
  detections: number;
  lastReceivedAt: number;
}

export function siteTotals(db: Kysely<RelayTables>, id?: string): Promise<SiteTotals[]> {
  return db
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
}
