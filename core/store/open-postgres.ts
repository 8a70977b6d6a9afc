import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { type ConnectionLimits, PostgresConnections } from './postgres-connections.js';

const INT8 = 20;
const NUMERIC = 1700;

/** Parses sums and 64-bit integers as numbers: all values here (times, bytes, counts) are below 2⁵³. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format as 'text'),
};

/** Every statement of the service is short: what removes many rows does so in chunks. */
export const SERVICE_LIMITS: ConnectionLimits = {
  connections: 8,
  statementMs: 15_000,
  lockMs: 10_000,
  idleInTransactionMs: 30_000,
  answerMs: 20_000,
};

/** A migration may rewrite a large table, and waits for another process that migrates. */
export const MIGRATION_LIMITS: ConnectionLimits = {
  connections: 2,
  statementMs: 0,
  lockMs: 0,
  idleInTransactionMs: 0,
  answerMs: 6 * 3_600_000,
};

export interface OpenedPostgres<T> {
  db: Kysely<T>;
  close(): Promise<void>;
}

/**
 * Opens a pool of connections; `url` is `postgres://[user[:password]@]host[:port]/database`. `onError` is called for
 * each connection that breaks.
 */
export function openPostgres<T>(
  url: string,
  onError: (error: Error) => void,
  limits = SERVICE_LIMITS,
): OpenedPostgres<T> {
  const config = { connectionString: url, types, application_name: 'siteglass' };
  const pool = new PostgresConnections(config, limits, onError);
  const db = new Kysely<T>({ dialect: new PostgresDialect({ pool }) });
  return { db, close: () => db.destroy() };
}
