import { systemClock } from '../../core/runtime/clock.js';
import type { CommandOptions, CommandOutcome } from '../../core/runtime/command-line.js';
import { StartError } from '../../core/runtime/errors.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { databaseCommand } from '../../core/store/database-command.js';
import type { RelayConfig } from '../config.js';
import { guardOptions, isShared } from '../store/open-relay-database.js';

/** Checks or repairs the relay's SQLite database. Throws StartError if the database is PostgreSQL. */
export async function relayDatabaseCommand(
  config: RelayConfig,
  options: CommandOptions,
): Promise<CommandOutcome> {
  if (isShared(config))
    throw new StartError('the database is PostgreSQL; use its own tools to check and repair it');
  return databaseCommand(guardOptions(config.dataFolder, silentLogger(), systemClock), options);
}
