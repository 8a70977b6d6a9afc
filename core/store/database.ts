import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Kysely, type Migration, Migrator, SqliteAdapter, SqliteDialect } from 'kysely';
import { StartError } from '../runtime/errors.js';

/** Numbered migrations, listed by hand, oldest first: `{ '0001_images': … }`. */
export type Migrations = Record<string, Migration>;

/**
 * Opens an SQLite database: one connection a process, WAL, `synchronous=FULL`, so that a commit that
 * was reported has reached the disk.
 */
export function openSqlite(file: string): Sqlite.Database {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const sqlite = new Sqlite(file);
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  sqlite.pragma('busy_timeout = 2000');
  // The default page cache (2 MB) is enough; a bound on the WAL keeps a burst from leaving a large file behind.
  sqlite.pragma('journal_size_limit = 16777216');
  return sqlite;
}

/** SQLite changes its schema within transactions; Kysely takes it for one of those that do not. */
class TransactionalDdl extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class Dialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalDdl();
  }
}

export interface OpenedDatabase<T> {
  db: Kysely<T>;
  sqlite: Sqlite.Database;
  close(): Promise<void>;
}

/**
 * Opens a database and brings it to the newest schema. A database with rows is backed up beside itself
 * (`NAME.before-MIGRATION`) before it is changed, all in one transaction; one from a newer program is refused.
 */
export async function openDatabase<T>(
  file: string,
  migrations: Migrations,
): Promise<OpenedDatabase<T>> {
  const isNew = !existsSync(file);
  const sqlite = openSqlite(file);
  const db = new Kysely<T>({ dialect: new Dialect({ database: sqlite }) });
  try {
    await migrate(db, sqlite, migrations, isNew ? undefined : file);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return { db, sqlite, close: () => db.destroy() };
}

async function migrate<T>(
  db: Kysely<T>,
  sqlite: Sqlite.Database,
  migrations: Migrations,
  existing: string | undefined,
): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const known = await migrator.getMigrations();
  const names = new Set(Object.keys(migrations));
  const applied = existing ? appliedMigrations(sqlite) : [];
  const foreign = applied.filter((name) => !names.has(name));
  if (foreign.length > 0)
    throw new StartError(
      `${existing} was written by a newer version (it has ${foreign.join(', ')}); install that version or restore a backup`,
    );
  const pending = known.filter((m) => m.executedAt === undefined);
  if (pending.length === 0) return;
  if (existing && applied.length > 0) {
    await sqlite.backup(`${existing}.before-${pending[0]?.name}`);
  }
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

function appliedMigrations(sqlite: Sqlite.Database): string[] {
  const table = sqlite
    .prepare("select 1 from sqlite_master where type = 'table' and name = 'kysely_migration'")
    .get();
  if (!table) return [];
  return sqlite.prepare('select name from kysely_migration').pluck().all() as string[];
}

/**
 * The same connection or transaction, seen as one over another room's tables. All rooms of a process share one
 * database, but each knows only the tables it owns; Kysely's types have no way to narrow.
 */
export const over = <T>(connection: { readonly isTransaction: boolean }): Kysely<T> =>
  connection as unknown as Kysely<T>;
