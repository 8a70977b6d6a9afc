import type { Kysely } from 'kysely';
import { type Columns, insertRows } from './insert-rows.js';
import type { RelayTables, SightedLabelRow } from './relay-tables.js';

const COLUMNS: Columns<SightedLabelRow> = {
  site: 'text',
  label: 'text',
  taken_at: 'bigint',
  snapshot: 'text',
  received_at: 'bigint',
};

export const addSightedLabels = (
  trx: Kysely<RelayTables>,
  rows: SightedLabelRow[],
): Promise<void> => insertRows(trx, 'sighted_label', COLUMNS, rows);
