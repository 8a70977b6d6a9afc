import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Summary, SummaryRecord } from '../../core/contract/summary.js';
import { distinctValues } from '../../core/store/distinct-values.js';
import { type Columns, insertRows } from './insert-rows.js';
import type { RelayTables, SummaryRow } from './relay-tables.js';

/** SQLite takes 32,766 parameters in a statement. */
const SNAPSHOTS_PER_QUERY = 1_000;

export function summaryRow(
  site: string,
  { epoch, seq, summary }: SummaryRecord,
  receivedAt: number,
): SummaryRow {
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

const COLUMNS: Columns<SummaryRow> = {
  site: 'text',
  epoch: 'text',
  seq: 'bigint',
  camera: 'text',
  snapshot: 'text',
  taken_at: 'bigint',
  received_at: 'bigint',
  payload: 'text',
};

export const addSummaries = (trx: Kysely<RelayTables>, rows: SummaryRow[]): Promise<void> =>
  insertRows(trx, 'summary', COLUMNS, rows);

/** Those of a site's snapshots of which a summary is stored, in any epoch. */
export async function storedSnapshots(
  trx: Kysely<RelayTables>,
  site: string,
  summaries: Pick<Summary, 'takenAt' | 'snapshot'>[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (let i = 0; i < summaries.length; i += SNAPSHOTS_PER_QUERY) {
    const some = summaries.slice(i, i + SNAPSHOTS_PER_QUERY);
    const rows = await trx
      .selectFrom('summary')
      .select('snapshot')
      .where('site', '=', site)
      // Both are in the index, after the site.
      .where('taken_at', 'in', [...new Set(some.map(({ takenAt }) => Date.parse(takenAt)))])
      .where(
        'snapshot',
        'in',
        some.map(({ snapshot }) => snapshot),
      )
      .execute();
    for (const { snapshot } of rows) found.add(snapshot);
  }
  return found;
}

export interface SummaryFilter {
  camera?: string | undefined;
  label?: string | undefined;
  /** Milliseconds since the Unix epoch; `from` inclusive, `to` exclusive. */
  from?: number | undefined;
  to?: number | undefined;
}

/** The last summary of a page. */
export interface SummaryPosition {
  takenAt: number;
  snapshot: string;
}

export type Page = Pick<SummaryRow, 'snapshot' | 'taken_at' | 'received_at' | 'payload'>[];

/**
 * A site's summaries, newest first. Each filter has an index in the page's order, so that a page costs the same
 * however long the history is (`npm run bench -- history`).
 */
export function newestSummaries(
  db: Kysely<RelayTables>,
  site: string,
  { camera, label, ...times }: SummaryFilter,
  limit: number,
  after?: SummaryPosition,
): Promise<Page> {
  const isWithin = within(site, times, after);
  if (label !== undefined) return newestOfLabel(db, label, camera, isWithin, limit);
  let query = db
    .selectFrom('summary as t')
    .select(['t.snapshot', 't.taken_at', 't.received_at', 't.payload'])
    .where(isWithin)
    .orderBy('t.taken_at', 'desc')
    .orderBy('t.snapshot', 'desc')
    .limit(limit);
  if (camera !== undefined) query = query.where('t.camera', '=', camera);
  return query.execute();
}

/**
 * Reads the label's rows first and fetches each summary separately: PostgreSQL would plan a join that reads the
 * site's whole history.
 */
function newestOfLabel(
  db: Kysely<RelayTables>,
  label: string,
  camera: string | undefined,
  isWithin: RawBuilder<SqlBool>,
  limit: number,
): Promise<Page> {
  const ofSummary = (column: 'payload' | 'camera') => sql<string>`(
    select ${sql.ref(`s.${column}`)} from summary as s
    where s.site = t.site and s.taken_at = t.taken_at and s.snapshot = t.snapshot
      and s.received_at = t.received_at limit 1)`;
  let query = db
    .selectFrom('sighted_label as t')
    .select(['t.snapshot', 't.taken_at', 't.received_at', ofSummary('payload').as('payload')])
    .where(isWithin)
    .where('t.label', '=', label)
    .orderBy('t.taken_at', 'desc')
    .orderBy('t.snapshot', 'desc')
    .limit(limit);
  if (camera !== undefined) query = query.where(ofSummary('camera'), '=', camera);
  return query.execute();
}

/** The cameras that a site has summaries of. */
export const camerasOf = (db: Kysely<RelayTables>, site: string): Promise<string[]> =>
  distinctValues(db, 'summary', 'camera', sql`site = ${site}`);

/** Of a table `t` with a site, a time and a snapshot in each row. */
function within(
  site: string,
  { from, to }: Pick<SummaryFilter, 'from' | 'to'>,
  after: SummaryPosition | undefined,
): RawBuilder<SqlBool> {
  const conditions = [
    sql`t.site = ${site}`,
    ...(from === undefined ? [] : [sql`t.taken_at >= ${from}`]),
    ...(to === undefined ? [] : [sql`t.taken_at < ${to}`]),
    ...(after ? [sql`(t.taken_at, t.snapshot) < (${after.takenAt}, ${after.snapshot})`] : []),
  ];
  return sql`(${sql.join(conditions, sql` and `)})`;
}
