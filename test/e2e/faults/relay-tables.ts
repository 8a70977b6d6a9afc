import { relayMigrations } from '../../../cloud-relay/store/migrations.js';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import {
  type OpenedDatabase,
  openDatabase,
  openSharedDatabase,
} from '../../../core/store/database.js';

export const isPostgresUrl = (database: string): boolean => database.startsWith('postgres:');

/** A relay's database: an SQLite file, or PostgreSQL by its URL. */
export const openRelayTables = (database: string): Promise<OpenedDatabase<RelayTables>> =>
  isPostgresUrl(database)
    ? openSharedDatabase(database, relayMigrations, () => undefined)
    : openDatabase(database, relayMigrations);
