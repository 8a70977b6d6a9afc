import { systemClock } from '../../core/runtime/clock.js';
import type { CommandOptions, CommandOutcome } from '../../core/runtime/command-line.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { databaseCommand } from '../../core/store/database-command.js';
import type { EdgeConfig } from '../config.js';
import { guardOptions } from '../store/guard-options.js';

/** Checks or repairs the appliance's database. */
export const edgeDatabaseCommand = (
  { dataFolder }: EdgeConfig,
  options: CommandOptions,
): Promise<CommandOutcome> =>
  databaseCommand(guardOptions(dataFolder, silentLogger(), systemClock), options);
