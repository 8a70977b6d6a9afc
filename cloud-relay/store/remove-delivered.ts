import { type Kysely, sql } from 'kysely';
import { isPostgres } from '../../core/store/dialect.js';
import type { RelayTables } from './relay-tables.js';
import { rememberRemoved } from './removed-outbox-table.js';

/** Rows that one statement removes: it has a deadline on PostgreSQL. */
const CHUNK_ROWS = 5_000;
/**
 * On SQLite nothing else runs meanwhile. A row costs as little as its place in the indexes is near that of others, so the
 * number follows the time that the last statement took.
 */
const SLICE = { first: 25, least: 5, most: 1_000, targetMs: 10 };

/** The order of removal: a label whose summary is removed would still be found, without a summary to show. */
export const LABELS_FIRST = ['sighted_label', 'summary'] as const;

const BUDGET_TABLES = ['site_total', 'site_day', 'site_name'] as const;

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
  for (const table of [...LABELS_FIRST, 'absence', 'daily_label', 'ledger', ...BUDGET_TABLES])
    removed += await removeInChunks(db, table, condition);
  return removed;
}

/** Removes the rows that fulfil a condition. Resolves with their number. */
export async function removeInChunks(
  db: Kysely<RelayTables>,
  table: string,
  condition: ReturnType<typeof sql>,
): Promise<number> {
  let removed = 0;
  for (const part of isPostgres(db) ? await partitionsOf(db, table) : [table]) {
    const name = sql.table(part);
    // Each names its rows by where they lie, so that no further index is read.
    removed += isPostgres(db)
      ? await repeated(
          db,
          CHUNK_ROWS,
          (rows) => sql`
          delete from ${name} where ctid = any(array(
            select ctid from ${name} where ${condition} limit ${rows}))`,
        )
      : await repeated(
          db,
          SLICE.first,
          (rows) => sql`
          delete from ${name} where rowid in
            (select rowid from ${name} where ${condition} limit ${rows})`,
        );
  }
  return removed;
}

/** Until a statement removes fewer rows than it may. Resolves with the rows of all. */
async function repeated(
  db: Kysely<RelayTables>,
  first: number,
  statement: (rows: number) => ReturnType<typeof sql>,
): Promise<number> {
  let total = 0;
  for (let rows = first, isOver = false; !isOver; ) {
    const startedAt = performance.now();
    const { numAffectedRows = 0n } = await statement(rows).execute(db);
    total += Number(numAffectedRows);
    isOver = Number(numAffectedRows) < rows;
    if (!isPostgres(db)) rows = nextSlice(rows, performance.now() - startedAt);
  }
  return total;
}

const nextSlice = (rows: number, ms: number): number =>
  Math.round(
    Math.min(
      SLICE.most,
      2 * rows,
      Math.max(SLICE.least, (rows * SLICE.targetMs) / Math.max(ms, 0.1)),
    ),
  );

/** The tables that hold the rows: places within a table (`ctid`) are not unique over its partitions. */
async function partitionsOf(db: Kysely<RelayTables>, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relid::text as name from pg_partition_tree(${table}) where isleaf`.execute(db);
  return rows.length > 0 ? rows.map(({ name }) => name) : [table];
}
