import { join } from 'node:path';
import type { Clock } from '../../core/runtime/clock.js';
import { fromEnvironment, readSecret } from '../../core/runtime/configuration.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Logger } from '../../core/runtime/logger.js';
import { type OpenedDatabase, openSharedDatabase } from '../../core/store/database.js';
import {
  type DatabaseGuard,
  type GuardOptions,
  openGuarded,
} from '../../core/store/guarded-database.js';
import { makeFolder } from '../../core/store/make-folder.js';
import type { RelayConfig } from '../config.js';
import { relayMigrations } from './migrations.js';
import { relaySalvagePlan } from './salvage-plan.js';
import { recountTotals } from './site-total-table.js';

export interface RelayDatabase<T> extends OpenedDatabase<T> {
  /** Absent for PostgreSQL. */
  guard?: DatabaseGuard;
}

/** PostgreSQL if a URL is configured or in the environment, otherwise SQLite in the data folder. */
export async function openRelayDatabase<T>(
  config: RelayConfig,
  log: Logger,
  clock: Clock,
): Promise<RelayDatabase<T>> {
  const url = databaseUrl(config);
  if (url === undefined) return openGuarded(guardOptions(config.dataFolder, log, clock));
  // The first token and images need the folder, which SQLite would have made.
  makeFolder(config.dataFolder);
  const opened = await openSharedDatabase<T>(url, relayMigrations, (error) =>
    log.warn({ error: messageOf(error) }, 'database connection lost'),
  );
  try {
    await recountTotals(opened.db);
  } catch (error) {
    // The next start does it.
    log.warn({ error: messageOf(error) }, 'totals of the sites not recounted');
  }
  return opened;
}

/** The relay's SQLite database, and what shows that it existed before. */
export function guardOptions(dataFolder: string, log: Logger, clock: Clock): GuardOptions {
  return {
    file: join(dataFolder, 'relay.db'),
    plan: relaySalvagePlan,
    traces: ['admin-token', 'images/originals'].map((name) => join(dataFolder, name)),
    program: 'siteglass-relay',
    log: log.child({ component: 'database' }),
    clock,
  };
}

/** Whether several relays may work on the same database and files. */
export const isShared = (config: RelayConfig): boolean => databaseUrl(config) !== undefined;

/** The URL of PostgreSQL; undefined if the database is SQLite. */
export const databaseUrl = ({ database }: RelayConfig): string | undefined =>
  database.url === undefined ? fromEnvironment('SITEGLASS_DATABASE_URL') : readSecret(database.url);
