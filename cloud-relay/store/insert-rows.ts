import { type Kysely, sql } from 'kysely';
import { isPostgres } from '../../core/store/dialect.js';
import type { RelayTables } from './relay-tables.js';

/** The columns of a table with their types. */
export type Columns<Row> = Record<keyof Row & string, 'text' | 'bigint'>;

/**
 * Of at most eight columns each; SQLite takes 32,766 parameters in a statement. Nothing else runs while it inserts, and
 * each row may read a page of each index from the disk.
 */
const ROWS_PER_INSERT = 100;

/**
 * Inserts rows. PostgreSQL gets them as one parameter: a statement with a parameter for each value is another one for
 * each number of rows, and takes the server and the driver longer than the rows do. Their texts must not have NUL or
 * halves of surrogate pairs, which JSON cannot say to PostgreSQL.
 */
export async function insertRows<Table extends keyof RelayTables & string>(
  trx: Kysely<RelayTables>,
  table: Table,
  columns: Columns<RelayTables[Table]>,
  rows: RelayTables[Table][],
): Promise<void> {
  if (rows.length === 0) return;
  if (isPostgres(trx)) await insertAsJson(trx, table, columns, rows);
  else
    for (let i = 0; i < rows.length; i += ROWS_PER_INSERT)
      await trx
        .insertInto(table as keyof RelayTables)
        .values(rows.slice(i, i + ROWS_PER_INSERT))
        .execute();
}

async function insertAsJson(
  trx: Kysely<RelayTables>,
  table: string,
  columns: Record<string, string>,
  rows: object[],
): Promise<void> {
  const names = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
  const definitions = sql.join(
    Object.entries(columns).map(([name, type]) => sql`${sql.ref(name)} ${sql.raw(type)}`),
  );
  await sql`
    insert into ${sql.table(table)} (${names})
    select ${names} from json_to_recordset(${JSON.stringify(rows)}) as row(${definitions})`.execute(
    trx,
  );
}
