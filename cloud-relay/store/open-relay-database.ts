import { join } from 'node:path';
import { fromEnvironment, readSecret } from '../../core/runtime/configuration.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Logger } from '../../core/runtime/logger.js';
import {
  type OpenedDatabase,
  openDatabase,
  openSharedDatabase,
} from '../../core/store/database.js';
import { makeFolder } from '../../core/store/make-folder.js';
import type { RelayConfig } from '../config.js';
import { relayMigrations } from './migrations.js';

/** PostgreSQL if a URL is configured or in the environment, otherwise SQLite in the data folder. */
export function openRelayDatabase<T>(config: RelayConfig, log: Logger): Promise<OpenedDatabase<T>> {
  const url = databaseUrl(config);
  if (url === undefined) return openDatabase(join(config.dataFolder, 'relay.db'), relayMigrations);
  // The first token and images need the folder, which SQLite would have made.
  makeFolder(config.dataFolder);
  return openSharedDatabase(url, relayMigrations, (error) =>
    log.warn({ error: messageOf(error) }, 'database connection lost'),
  );
}

/** Whether several relays may work on the same database and files. */
export const isShared = (config: RelayConfig): boolean => databaseUrl(config) !== undefined;

/** The URL of PostgreSQL; undefined if the database is SQLite. */
export const databaseUrl = ({ database }: RelayConfig): string | undefined =>
  database.url === undefined ? fromEnvironment('SITEGLASS_DATABASE_URL') : readSecret(database.url);
