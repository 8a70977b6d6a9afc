import type { Kysely } from 'kysely';
import type { SummaryRecord } from '../../core/contract/summary.js';
import type { RelayTables } from './relay-tables.js';

/** Each is there once: the ledger sees to that. */
export interface SummaryTable {
  site: string;
  epoch: string;
  seq: number;
  camera: string;
  snapshot: string;
  taken_at: number;
  received_at: number;
  /** The summary as JSON. */
  payload: string;
}

/** Eight columns each; SQLite takes 32,766 parameters in a statement. */
const ROWS_PER_INSERT = 1_000;

export function summaryRow(
  site: string,
  { epoch, seq, summary }: SummaryRecord,
  receivedAt: number,
): SummaryTable {
  return {
    site,
    epoch,
    seq,
    camera: summary.camera,
    snapshot: summary.snapshot,
    taken_at: Date.parse(summary.takenAt),
    received_at: receivedAt,
    payload: JSON.stringify(summary),
  };
}

export async function addSummaries(trx: Kysely<RelayTables>, rows: SummaryTable[]): Promise<void> {
  for (let i = 0; i < rows.length; i += ROWS_PER_INSERT)
    await trx
      .insertInto('summary')
      .values(rows.slice(i, i + ROWS_PER_INSERT))
      .execute();
}

export interface SummaryFilter {
  camera?: string | undefined;
  label?: string | undefined;
  /** Milliseconds since the Unix epoch; `from` inclusive, `to` exclusive. */
  from?: number | undefined;
  to?: number | undefined;
}

/** Where a page ended. */
export interface SummaryPosition {
  takenAt: number;
  snapshot: string;
}

/** A site's summaries, newest first. */
export function newestSummaries(
  db: Kysely<RelayTables>,
  site: string,
  { camera, label, from, to }: SummaryFilter,
  limit: number,
  after?: SummaryPosition,
): Promise<Pick<SummaryTable, 'snapshot' | 'taken_at' | 'received_at' | 'payload'>[]> {
  let query = db
    .selectFrom('summary as s')
    .select(['s.snapshot', 's.taken_at', 's.received_at', 's.payload'])
    .where('s.site', '=', site)
    .orderBy('s.taken_at', 'desc')
    .orderBy('s.snapshot', 'desc')
    .limit(limit);
  if (camera !== undefined) query = query.where('s.camera', '=', camera);
  if (from !== undefined) query = query.where('s.taken_at', '>=', from);
  if (to !== undefined) query = query.where('s.taken_at', '<', to);
  if (after)
    query = query.where((eb) =>
      eb(eb.refTuple('s.taken_at', 's.snapshot'), '<', eb.tuple(after.takenAt, after.snapshot)),
    );
  if (label !== undefined)
    query = query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('sighted_label as l')
          .select('l.label')
          .whereRef('l.site', '=', 's.site')
          .where('l.label', '=', label)
          .whereRef('l.taken_at', '=', 's.taken_at')
          .whereRef('l.snapshot', '=', 's.snapshot')
          .whereRef('l.received_at', '=', 's.received_at'),
      ),
    );
  return query.execute();
}
