import type { ExecutionContext, TestFn } from 'ava';
import type { Kysely } from 'kysely';
import { deliveryMigrations } from '../../cloud-relay/store/migrations.js';
import type { RelayTables } from '../../cloud-relay/store/relay-tables.js';
import { addSites } from '../../cloud-relay/store/site-table.js';
import { openSharedDatabase } from '../../core/store/database.js';
import { relayDatabase } from './delivery-fixtures.js';
import { type PostgresServer, startPostgres } from './postgres.js';

export type OpenRelayDatabase = (t: ExecutionContext) => Promise<Kysely<RelayTables>>;

/** A PostgreSQL server for the tests of one file. Resolves with the URL of an empty database of its own for each caller. */
export function withPostgres(test: TestFn): () => Promise<string> {
  const server = withPostgresServer(test);
  return () => server().createDatabase();
}

/** The server itself, for tests of its connections. */
export function withPostgresServer(test: TestFn): () => PostgresServer {
  let server: PostgresServer | undefined;
  test.after.always(() => server?.stop());
  return () => {
    server ??= startPostgres();
    return server;
  };
}

/** What the relay keeps its tables in: each test of its storage runs on both. */
export function relayDatabases(test: TestFn): { name: string; open: OpenRelayDatabase }[] {
  const newDatabase = withPostgres(test);
  return [
    { name: 'SQLite', open: relayDatabase },
    {
      name: 'PostgreSQL',
      open: async (t) => {
        const { db, close } = await openSharedDatabase<RelayTables>(
          await newDatabase(),
          deliveryMigrations,
          (error) => t.log(error.message),
        );
        t.teardown(close);
        return db;
      },
    },
  ];
}

/** The same, with sites in it. */
export async function withSites(db: Kysely<RelayTables>, ...sites: string[]) {
  await addSites(db, sites, 0);
  return db;
}
