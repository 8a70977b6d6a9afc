import { type Kysely, sql } from 'kysely';
import { isPostgres } from '../../core/store/dialect.js';
import type { RelayTables } from './relay-tables.js';
import { rememberRemoved } from './removed-outbox-table.js';

/** Rows that one statement removes from SQLite, so that the ingest does not wait for long. */
const CHUNK_ROWS = 5_000;

/** The order of removal: a label whose summary is removed would still be found, without a summary to show. */
export const LABELS_FIRST = ['sighted_label', 'summary'] as const;

/**
 * Removes everything that a site delivered; only its numbers are remembered. With `whileRemoving`, stops once the site
 * is not being removed any more: it was created again. Resolves with the number of rows.
 */
export async function removeDelivered(
  db: Kysely<RelayTables>,
  site: string,
  now: number,
  whileRemoving = false,
): Promise<number> {
  await rememberRemoved(db, site, now);
  let removed = 0;
  const condition = whileRemoving
    ? sql`site = ${site} and exists (
        select 1 from site where id = ${site} and removing_at is not null)`
    : sql`site = ${site}`;
  for (const table of [...LABELS_FIRST, 'absence', 'daily_label', 'ledger'])
    removed += await removeInChunks(db, table, condition);
  return removed;
}

/** Removes the rows that fulfil a condition. Resolves with their number. */
export async function removeInChunks(
  db: Kysely<RelayTables>,
  table: string,
  condition: ReturnType<typeof sql>,
): Promise<number> {
  const name = sql.table(table);
  // PostgreSQL's readers and writers do not wait for it, so one statement removes all.
  const statement = isPostgres(db)
    ? sql`delete from ${name} where ${condition}`
    : sql`delete from ${name} where rowid in
        (select rowid from ${name} where ${condition} limit ${CHUNK_ROWS})`;
  for (let removed = 0; ; ) {
    const { numAffectedRows = 0n } = await statement.execute(db);
    removed += Number(numAffectedRows);
    if (isPostgres(db) || numAffectedRows < BigInt(CHUNK_ROWS)) return removed;
  }
}
