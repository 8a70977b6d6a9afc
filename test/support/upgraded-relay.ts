import type { ExecutionContext } from 'ava';
import type { Kysely } from 'kysely';
import { relayMigrations } from '../../cloud-relay/store/migrations.js';
import type { RelayTables } from '../../cloud-relay/store/relay-tables.js';
import { openDatabase, openSharedDatabase } from '../../core/store/database.js';
import { temporaryFolder } from './temporary-folder.js';

const openers = {
  SQLite: (place: string, migrations: typeof relayMigrations) =>
    openDatabase<RelayTables>(place, migrations),
  PostgreSQL: (place: string, migrations: typeof relayMigrations) =>
    openSharedDatabase<RelayTables>(place, migrations, () => undefined),
};

export type DatabaseKind = keyof typeof openers;

export interface Upgrade {
  /** The number of the first migration that the version before did not have. */
  from: string;
  /** Writes what the version before had stored. */
  fill: (db: Kysely<RelayTables>) => Promise<void>;
  newPostgres: () => Promise<string>;
}

/** A relay's database that an earlier version made, after its upgrade. */
export async function upgradedRelay(
  t: ExecutionContext,
  kind: DatabaseKind,
  { from, fill, newPostgres }: Upgrade,
): Promise<Kysely<RelayTables>> {
  const place = kind === 'SQLite' ? `${await temporaryFolder(t)}/relay.db` : await newPostgres();
  const before = Object.entries(relayMigrations).filter(([name]) => name < from);
  const old = await openers[kind](place, Object.fromEntries(before));
  await fill(old.db);
  await old.close();
  const { db, close } = await openers[kind](place, relayMigrations);
  t.teardown(close);
  return db;
}
