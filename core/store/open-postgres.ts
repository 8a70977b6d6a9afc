import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';

const INT8 = 20;
const NUMERIC = 1700;

/** Parses sums and 64-bit integers as numbers: all values here (times, bytes, counts) are below 2⁵³. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format as 'text'),
};

/** Most connections of one process. */
const MAX_CONNECTIONS = 8;

export interface OpenedPostgres<T> {
  db: Kysely<T>;
  close(): Promise<void>;
}

/** Opens a pool of connections; `url` is `postgres://[user[:password]@]host[:port]/database`. */
export function openPostgres<T>(url: string, onError: (error: Error) => void): OpenedPostgres<T> {
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    types,
    connectionTimeoutMillis: 10_000,
    application_name: 'siteglass',
  });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', onError);
  const db = new Kysely<T>({ dialect: new PostgresDialect({ pool }) });
  return { db, close: () => db.destroy() };
}
