import { type Kysely, sql } from 'kysely';
import type { UplinkRecord } from '../../core/contract/summary.js';
import type { Mark } from './ledger-table.js';
import type { RelayTables } from './relay-tables.js';

export interface SummaryTable {
  site: string;
  epoch: string;
  seq: number;
  camera: string;
  snapshot: string;
  taken_at: number;
  received_at: number;
  /** How many there are in the payload. */
  detections: number;
  /** The summary as JSON. */
  payload: string;
}

export interface Arrival {
  site: string;
  record: UplinkRecord;
  receivedAt: number;
}

/** Rows above a mark that one commit looks at; with more, the mark goes on with the next commit. */
const STRIDE = 65_536;

/** Adds those that are not there yet, and resolves with their keys. */
export function addSummaries(
  trx: Kysely<RelayTables>,
  arrivals: Arrival[],
): Promise<Pick<SummaryTable, 'site' | 'epoch' | 'seq'>[]> {
  return trx
    .insertInto('summary')
    .values(
      arrivals.map(({ site, record: { epoch, seq, summary }, receivedAt }) => ({
        site,
        epoch,
        seq,
        camera: summary.camera,
        snapshot: summary.snapshot,
        taken_at: Date.parse(summary.takenAt),
        received_at: receivedAt,
        detections: summary.detections.length,
        payload: JSON.stringify(summary),
      })),
    )
    .onConflict((c) => c.columns(['site', 'epoch', 'seq']).doNothing())
    .returning(['site', 'epoch', 'seq'])
    .execute();
}

/**
 * For each mark, the end of the run of rows that follows it without a hole. Marks that nothing follows are left
 * out. A row belongs to the run where its number exceeds the mark by as many as there are rows up to it.
 */
export async function runsFrom(trx: Kysely<RelayTables>, marks: Mark[]): Promise<Mark[]> {
  const values = sql.join(
    marks.map(({ site, epoch, seq }) => sql`(${site}, ${epoch}, cast(${seq} as bigint))`),
  );
  const { rows } = await sql<Mark>`
    with marked (site, epoch, mark) as (values ${values})
    select site, epoch, max(seq) as seq
    from (
      select s.site, s.epoch, s.seq,
        s.seq - m.mark - row_number() over (partition by s.site, s.epoch order by s.seq) as missing
      from marked as m
      join summary as s
        on s.site = m.site and s.epoch = m.epoch and s.seq > m.mark and s.seq <= m.mark + ${STRIDE}
    ) as numbered
    where missing = 0
    group by site, epoch`.execute(trx);
  return rows;
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
          .whereRef('l.epoch', '=', 's.epoch')
          .whereRef('l.seq', '=', 's.seq')
          .where('l.label', '=', label),
      ),
    );
  return query.execute();
}
