import { type Kysely, sql } from 'kysely';
import type { RelayTables } from './relay-tables.js';
import type { Arrival } from './summary-table.js';

/** How often a label was found in a summary. */
export interface SightedLabelTable {
  site: string;
  epoch: string;
  seq: number;
  label: string;
  taken_at: number;
  detections: number;
}

const DAY_MS = 86_400_000;
/** Six columns each; SQLite takes 32,766 parameters in a statement. */
const ROWS_PER_INSERT = 2_000;

export async function addSightedLabels(
  trx: Kysely<RelayTables>,
  arrivals: Arrival[],
): Promise<void> {
  const rows = arrivals.flatMap(labelsOf);
  for (let i = 0; i < rows.length; i += ROWS_PER_INSERT)
    await trx
      .insertInto('sighted_label')
      .values(rows.slice(i, i + ROWS_PER_INSERT))
      .execute();
}

function labelsOf({ site, record: { epoch, seq, summary } }: Arrival): SightedLabelTable[] {
  const counts = new Map<string, number>();
  for (const { label } of summary.detections) counts.set(label, (counts.get(label) ?? 0) + 1);
  const taken_at = Date.parse(summary.takenAt);
  return [...counts].map(([label, detections]) => ({
    site,
    epoch,
    seq,
    label,
    taken_at,
    detections,
  }));
}

export interface DailyTotal {
  /** Start of the day in UTC, in milliseconds since the Unix epoch. */
  day: number;
  label: string;
  /** Summaries that show the label. */
  summaries: number;
  detections: number;
}

/** A site's labels by day (UTC), oldest first; `from` inclusive, `to` exclusive. */
export async function dailyTotals(
  db: Kysely<RelayTables>,
  site: string,
  from: number,
  to: number,
): Promise<DailyTotal[]> {
  const day = sql<number>`taken_at - taken_at % ${sql.lit(DAY_MS)}`;
  const rows = await db
    .selectFrom('sighted_label')
    .select(({ fn }) => [
      day.as('day'),
      'label',
      fn.countAll<number>().as('summaries'),
      fn.sum<number>('detections').as('detections'),
    ])
    .where('site', '=', site)
    .where('taken_at', '>=', from)
    .where('taken_at', '<', to)
    .groupBy([day, 'label'])
    .orderBy(day)
    .orderBy('label')
    .execute();
  return rows.map(({ day, label, summaries, detections }) => ({
    day: Number(day),
    label,
    summaries: Number(summaries),
    detections: Number(detections),
  }));
}
