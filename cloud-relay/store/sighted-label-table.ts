import type { Kysely } from 'kysely';
import type { RelayTables } from './relay-tables.js';

/** A label that a summary shows: how summaries are found by label. */
export interface SightedLabelTable {
  site: string;
  label: string;
  taken_at: number;
  snapshot: string;
  received_at: number;
}

/** Five columns each; SQLite takes 32,766 parameters in a statement. */
const ROWS_PER_INSERT = 2_000;

export async function addSightedLabels(
  trx: Kysely<RelayTables>,
  rows: SightedLabelTable[],
): Promise<void> {
  for (let i = 0; i < rows.length; i += ROWS_PER_INSERT)
    await trx
      .insertInto('sighted_label')
      .values(rows.slice(i, i + ROWS_PER_INSERT))
      .execute();
}
