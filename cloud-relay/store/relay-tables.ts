import type { LedgerTable } from './ledger-table.js';
import type { LostRangeTable } from './lost-range-table.js';
import type { SightedLabelTable } from './sighted-label-table.js';
import type { SiteTable } from './site-table.js';
import type { SummaryTable } from './summary-table.js';

/** The tables that only the relay has. Instants are milliseconds since the Unix epoch. */
export interface RelayTables {
  site: SiteTable;
  summary: SummaryTable;
  sighted_label: SightedLabelTable;
  ledger: LedgerTable;
  lost_range: LostRangeTable;
}
