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
  if (label !== undefined) return newestOfLabel(db, { site, label, camera, times }, limit, after);
  let query = db
    .selectFrom('summary as t')
    .select(['t.snapshot', 't.taken_at', 't.received_at', 't.payload'])
    .where(within(site, times, after))
    .orderBy('t.taken_at', 'desc')
    .orderBy('t.snapshot', 'desc')
    .limit(limit);
  if (camera !== undefined) query = query.where('t.camera', '=', camera);
  return query.execute();
}

/** Rows of a label that one statement reads at most to find those of a camera. */
const ROWS_PER_SCAN = 200;

interface LabelPage {
  site: string;
  label: string;
  camera: string | undefined;
  times: Pick<SummaryFilter, 'from' | 'to'>;
}

/**
 * Reads the label's rows first and fetches each summary separately: PostgreSQL would plan a join that reads the
 * site's whole history. Those of a camera may be anywhere in it, so it is read in slices.
 */
async function newestOfLabel(
  db: Kysely<RelayTables>,
  { camera, ...query }: LabelPage,
  limit: number,
  after: SummaryPosition | undefined,
): Promise<Page> {
  if (camera === undefined) return presentOf(await labelRows(db, query, limit, after));
  const page: Page = [];
  for (let position = after, isOver = false; !isOver && page.length < limit; ) {
    const rows = await labelRows(db, query, ROWS_PER_SCAN, position, sql`and s.camera = ${camera}`);
    page.push(...presentOf(rows).slice(0, limit - page.length));
    const last = rows.at(-1);
    position = last && { takenAt: last.taken_at, snapshot: last.snapshot };
    isOver = rows.length < ROWS_PER_SCAN;
  }
  return page;
}

type LabelRows = (Omit<Page[number], 'payload'> & { payload: string | null })[];

/** Those whose summary fulfils the condition. */
const presentOf = (rows: LabelRows): Page =>
  rows.flatMap(({ payload, ...row }) => (payload === null ? [] : [{ ...row, payload }]));

/** The next rows of a label; the payload is null if the summary does not fulfil a further condition. */
const labelRows = (
  db: Kysely<RelayTables>,
  { site, label, times }: Omit<LabelPage, 'camera'>,
  limit: number,
  after: SummaryPosition | undefined,
  condition = sql``,
): Promise<LabelRows> =>
  db
    .selectFrom('sighted_label as t')
    .select(['t.snapshot', 't.taken_at', 't.received_at'])
    .select(
      sql<string | null>`(
        select s.payload from summary as s
        where s.site = t.site and s.taken_at = t.taken_at and s.snapshot = t.snapshot
          and s.received_at = t.received_at ${condition} limit 1)`.as('payload'),
    )
    .where(within(site, times, after))
    .where('t.label', '=', label)
    .orderBy('t.taken_at', 'desc')
    .orderBy('t.snapshot', 'desc')
    .limit(limit)
    .execute();

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
