import type { Kysely } from 'kysely';
import type { RelayTables, SightedLabelRow } from './relay-tables.js';

/** Five columns each; SQLite takes 32,766 parameters in a statement. */
const ROWS_PER_INSERT = 2_000;

export async function addSightedLabels(
  trx: Kysely<RelayTables>,
  rows: SightedLabelRow[],
): Promise<void> {
  for (let i = 0; i < rows.length; i += ROWS_PER_INSERT)
    await trx
      .insertInto('sighted_label')
      .values(rows.slice(i, i + ROWS_PER_INSERT))
      .execute();
}
