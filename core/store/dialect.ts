import { type Kysely, PostgresAdapter } from 'kysely';

/** Whether a connection or transaction is one to PostgreSQL; else it is SQLite. */
export const isPostgres = <T>(db: Kysely<T>): boolean =>
  db.getExecutor().adapter instanceof PostgresAdapter;
