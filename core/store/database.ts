import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import {
  type DatabaseConnection,
  Kysely,
  type Migration,
  Migrator,
  SqliteAdapter,
  SqliteDialect,
  type SqliteDriver,
  sql,
} from 'kysely';
import { messageOf, StartError } from '../runtime/errors.js';
import type { OnDamage } from './damage.js';
import { WaitingDriver } from './dialect.js';
import { makeFolder } from './make-folder.js';
import { MIGRATION_LIMITS, openPostgres, SERVICE_LIMITS } from './open-postgres.js';
import { Pace } from './pace.js';
import { appliedMigrations } from './read-only.js';
import { StatementCache } from './statement-cache.js';
import type { StatementTimer } from './statement-timer.js';
import { registerTables } from './table-set.js';

/** Numbered migrations, listed by hand, oldest first: `{ '0001_images': … }`. */
export type Migrations = Record<string, Migration>;

/**
 * Opens an SQLite database: one connection a process, WAL, `synchronous=FULL`, so that a commit that
 * was reported has reached the disk.
 */
export function openSqlite(file: string): Sqlite.Database {
  makeFolder(dirname(file));
  const sqlite = new Sqlite(file);
  try {
    configure(sqlite);
  } catch (error) {
    sqlite.close();
    throw error;
  }
  return sqlite;
}

function configure(sqlite: Sqlite.Database): void {
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  sqlite.pragma('busy_timeout = 2000');
  // The default page cache (2 MB) is enough; a bound on the WAL keeps a burst from leaving a large file behind.
  sqlite.pragma('journal_size_limit = 16777216');
}

/** SQLite can change its schema within a transaction; Kysely assumes that it cannot. */
class TransactionalDdl extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** On a full disk SQLite rolls a transaction back itself; a second rollback would hide the reason. */
class Driver extends WaitingDriver {
  readonly #pace = new Pace();
  #connection: DatabaseConnection | undefined;

  constructor(
    private readonly database: Sqlite.Database,
    onDamage: OnDamage | undefined,
    timer: StatementTimer | undefined,
  ) {
    super({ database: new StatementCache(database, onDamage, timer) });
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    this.#connection ??= this.#pace.connection(connection);
    return this.#connection;
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.database.inTransaction) await super.rollbackTransaction(connection);
  }
}

class Dialect extends SqliteDialect {
  constructor(
    private readonly database: Sqlite.Database,
    private readonly onDamage: OnDamage | undefined,
    private readonly timer: StatementTimer | undefined,
  ) {
    super({ database });
  }

  override createDriver(): SqliteDriver {
    return new Driver(this.database, this.onDamage, this.timer);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalDdl();
  }
}

export interface OpenedDatabase<T> {
  db: Kysely<T>;
  close(): Promise<void>;
}

export interface OpenedSqlite<T> extends OpenedDatabase<T> {
  sqlite: Sqlite.Database;
}

/**
 * Opens a database and brings it to the newest schema. A database with rows is backed up beside itself
 * (`NAME.before-MIGRATION`) before it is changed, all in one transaction; one from a newer program is refused.
 * `onDamage` is called for each statement that finds the database damaged; `timer` measures all.
 */
export async function openDatabase<T>(
  file: string,
  migrations: Migrations,
  onDamage?: OnDamage,
  timer?: StatementTimer,
): Promise<OpenedSqlite<T>> {
  const isNew = !existsSync(file);
  const sqlite = openSqlite(file);
  const db = new Kysely<T>({ dialect: new Dialect(sqlite, onDamage, timer) });
  const close = async () => {
    await db.destroy();
    // Kysely closes only what it has used.
    sqlite.close();
  };
  const backUp = (next: string) => sqlite.backup(`${file}.before-${next}`);
  try {
    const applied = isNew ? [] : appliedMigrations(sqlite);
    await migrate(db, migrations, { name: file, applied, backUp });
    registerTables(db, tablesOfSqlite(sqlite));
  } catch (error) {
    await close();
    throw error;
  }
  return { db, sqlite, close };
}

/**
 * Connects to a PostgreSQL database and brings it to the newest schema; several processes may do so at once. The
 * operator backs it up. Throws a `StartError` if it cannot be reached; the message never holds the URL.
 */
export async function openSharedDatabase<T>(
  url: string,
  migrations: Migrations,
  onError: (error: Error) => void,
  limits = SERVICE_LIMITS,
): Promise<OpenedDatabase<T>> {
  const { db, close } = openPostgres<T>(url, onError, limits);
  try {
    await migratePostgres(url, migrations, await appliedToPostgres(db), onError);
    registerTables(db, await tablesOfPostgres(db));
  } catch (error) {
    await close();
    if (error instanceof StartError) throw error;
    throw new StartError(`the PostgreSQL database cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return { db, close };
}

/** On a connection of its own, since a migration may take longer than any statement of the service. */
async function migratePostgres(
  url: string,
  migrations: Migrations,
  applied: string[],
  onError: (error: Error) => void,
): Promise<void> {
  const { db, close } = openPostgres(url, onError, MIGRATION_LIMITS);
  try {
    await migrate(db, migrations, { name: 'the PostgreSQL database', applied });
  } finally {
    await close();
  }
}

interface Existing {
  name: string;
  applied: string[];
  backUp?: (next: string) => Promise<unknown>;
}

async function migrate<T>(
  db: Kysely<T>,
  migrations: Migrations,
  { name, applied, backUp }: Existing,
): Promise<void> {
  const names = new Set(Object.keys(migrations));
  const foreign = applied.filter((migration) => !names.has(migration));
  if (foreign.length > 0)
    throw new StartError(
      `${name} was written by a newer version (it has ${foreign.join(', ')}); install that version or restore a backup`,
    );
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const pending = [...names].filter((migration) => !applied.includes(migration));
  if (pending.length === 0) return;
  if (applied.length > 0) await backUp?.(pending[0] ?? '');
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

const tablesOfSqlite = (sqlite: Sqlite.Database): string[] =>
  sqlite.prepare<[], string>(`select name from sqlite_master where type = 'table'`).pluck().all();

async function tablesOfPostgres<T>(db: Kysely<T>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = any(current_schemas(false))`.execute(db);
  return rows.map(({ name }) => name);
}

/** The names of the migrations that a PostgreSQL database has. */
export async function appliedToPostgres<T>(db: Kysely<T>): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string | null }>`
    select to_regclass('kysely_migration')::text as name`.execute(db);
  if (!tables[0]?.name) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return rows.map(({ name }) => name);
}
