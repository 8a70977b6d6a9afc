import { type Kysely, sql } from 'kysely';
import type { DailyLabelRow, RelayTables } from './relay-tables.js';

export const DAY_MS = 86_400_000;

/** Five columns each; SQLite takes 32,766 parameters in a statement. */
const ROWS_PER_INSERT = 200;

const keyOf = ({ site, day, label }: DailyLabelRow) => `${site} ${day} ${label}`;

/** Adds to the counts in a fixed order, so that concurrent transactions lock them alike. */
export async function addDailyLabels(
  trx: Kysely<RelayTables>,
  rows: DailyLabelRow[],
): Promise<void> {
  const sorted = rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  for (let i = 0; i < sorted.length; i += ROWS_PER_INSERT)
    await trx
      .insertInto('daily_label')
      .values(sorted.slice(i, i + ROWS_PER_INSERT))
      .onConflict((c) =>
        c.columns(['site', 'day', 'label']).doUpdateSet((eb) => ({
          summaries: eb('daily_label.summaries', '+', eb.ref('excluded.summaries')),
          detections: eb('daily_label.detections', '+', eb.ref('excluded.detections')),
        })),
      )
      .execute();
}

export type DailyTotal = Omit<DailyLabelRow, 'site'>;

/** A row of a page. */
export interface DailyPosition {
  day: number;
  label: string;
}

/**
 * A site's labels by day, oldest first: every day that overlaps `from` (inclusive) to `to` (exclusive), after a row, at
 * most `limit`.
 */
export function dailyTotals(
  db: Kysely<RelayTables>,
  site: string,
  { from, to, after }: { from: number; to: number; after?: DailyPosition | undefined },
  limit: number,
): Promise<DailyTotal[]> {
  return db
    .selectFrom('daily_label')
    .select(['day', 'label', 'summaries', 'detections'])
    .where('site', '=', site)
    .where('day', '>', from - DAY_MS)
    .where('day', '<', to)
    .$if(after !== undefined, (q) =>
      q.where(sql<boolean>`(day, label) > (${after?.day ?? 0}, ${after?.label ?? ''})`),
    )
    .orderBy('day')
    .orderBy('label')
    .limit(limit)
    .execute();
}
