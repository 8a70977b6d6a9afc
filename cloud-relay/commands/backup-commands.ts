import { backupCommand, resetCommand, restoreCommand } from '../../core/backup/backup-commands.js';
import type { BackupPlan } from '../../core/backup/backup-plan.js';
import { PREPARE_IMAGES } from '../../core/backup/prepare-images.js';
import { PREPARE_SESSIONS } from '../../core/backup/prepare-sessions.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import { StartError } from '../../core/runtime/errors.js';
import type { RelayConfig } from '../config.js';
import { WAY_SECRETS } from '../notifications/way-secrets.js';
import { relayMigrations } from '../store/migrations.js';
import { isShared } from '../store/open-relay-database.js';

/** What a backup of a relay with an SQLite database holds. Throws StartError for one with PostgreSQL. */
function relayBackupPlan(config: RelayConfig): BackupPlan {
  if (isShared(config))
    throw new StartError(
      'the data of this relay is in PostgreSQL; use its own tools, e.g. pg_dump --format=custom and pg_restore, and those of the bucket for images',
    );
  return {
    program: 'siteglass-relay',
    dataFolder: config.dataFolder,
    database: 'relay.db',
    migrations: Object.keys(relayMigrations),
    label: 'relay',
    prepare: [...PREPARE_IMAGES, ...PREPARE_SESSIONS],
    // They are in no backup.
    kept: [WAY_SECRETS],
  };
}

export const relayBackupCommand = async (
  config: RelayConfig,
  options: CommandOptions,
): Promise<string> => backupCommand(relayBackupPlan(config), options);

export const relayRestoreCommand = async (
  config: RelayConfig,
  options: CommandOptions,
): Promise<string> => restoreCommand(relayBackupPlan(config), options);

export const relayResetCommand = async (
  config: RelayConfig,
  options: CommandOptions,
): Promise<string> =>
  resetCommand(
    relayBackupPlan(config),
    options,
    'The program and its configuration file stay. The next start makes a new first token; provision the sites again.',
  );
