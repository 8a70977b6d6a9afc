import { tableSet } from '../../core/store/table-set.js';
import type { DailyLabelTable } from './daily-label-table.js';
import type { AbsenceTable } from './gap-table.js';
import type { LedgerTable } from './ledger-table.js';
import type { SightedLabelTable } from './sighted-label-table.js';
import type { SiteTable } from './site-table.js';
import type { SummaryTable } from './summary-table.js';

/** The tables that only the relay has. Instants are milliseconds since the Unix epoch. */
export interface RelayTables {
  site: SiteTable;
  summary: SummaryTable;
  sighted_label: SightedLabelTable;
  daily_label: DailyLabelTable;
  ledger: LedgerTable;
  absence: AbsenceTable;
}

export const relayTables = tableSet<RelayTables>({
  site: true,
  summary: true,
  sighted_label: true,
  daily_label: true,
  ledger: true,
  absence: true,
});
