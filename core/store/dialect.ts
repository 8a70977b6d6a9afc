import type Sqlite from 'better-sqlite3';
import { Kysely, PostgresAdapter, SqliteDialect } from 'kysely';

/** Whether a connection or transaction is one to PostgreSQL; otherwise it is SQLite. */
export const isPostgres = <T>(db: Kysely<T>): boolean =>
  db.getExecutor().adapter instanceof PostgresAdapter;

/** Queries over an open SQLite database, for a command beside the service; `destroy` closes it. */
export const kyselyOver = <T>(database: Sqlite.Database): Kysely<T> =>
  new Kysely<T>({ dialect: new SqliteDialect({ database }) });
