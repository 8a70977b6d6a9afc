import { type Kysely, sql } from 'kysely';
import { isPostgres } from '../../core/store/dialect.js';
import type { RelayTables } from './relay-tables.js';

/** Rows removed at once from SQLite, so that no statement holds up the ingest for long. */
const STRIDE = 5_000;

/** In the order in which rows have to go: a label whose summary is gone would be found, and have nothing to show. */
export const LABELS_FIRST = ['sighted_label', 'summary'] as const;

/** Removes all that a site delivered. Resolves with the number of rows. */
export async function forgetDelivered(db: Kysely<RelayTables>, site: string): Promise<number> {
  let removed = 0;
  for (const table of LABELS_FIRST)
    removed += await removeInStrides(db, table, sql`site = ${site}`);
  for (const table of ['absence', 'daily_label', 'ledger'] as const) {
    const { numDeletedRows } = await db
      .deleteFrom(table)
      .where('site', '=', site)
      .executeTakeFirstOrThrow();
    removed += Number(numDeletedRows);
  }
  return removed;
}

/** Removes the rows that a condition holds for. Resolves with their number. */
export async function removeInStrides(
  db: Kysely<RelayTables>,
  table: string,
  condition: ReturnType<typeof sql>,
): Promise<number> {
  const name = sql.table(table);
  // PostgreSQL's readers and writers go on meanwhile, so there it is one stride.
  const statement = isPostgres(db)
    ? sql`delete from ${name} where ${condition}`
    : sql`delete from ${name} where rowid in
        (select rowid from ${name} where ${condition} limit ${STRIDE})`;
  for (let removed = 0; ; ) {
    const { numAffectedRows = 0n } = await statement.execute(db);
    removed += Number(numAffectedRows);
    if (isPostgres(db) || numAffectedRows < BigInt(STRIDE)) return removed;
  }
}
