import { backupCommand, resetCommand, restoreCommand } from '../../core/backup/backup-commands.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import { edgeBackupPlan } from '../backup/backup-plan.js';
import type { EdgeConfig } from '../config.js';

export const edgeBackupCommand = (config: EdgeConfig, options: CommandOptions): Promise<string> =>
  backupCommand(edgeBackupPlan(config), options);

export const edgeRestoreCommand = (config: EdgeConfig, options: CommandOptions): Promise<string> =>
  restoreCommand(edgeBackupPlan(config), options);

export const edgeResetCommand = (config: EdgeConfig, options: CommandOptions): Promise<string> =>
  resetCommand(
    edgeBackupPlan(config),
    options,
    'The program and its configuration file stay. The next start makes a new first token.',
  );
