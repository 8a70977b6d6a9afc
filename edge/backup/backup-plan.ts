import type { BackupPlan } from '../../core/backup/backup-plan.js';
import { PREPARE_IMAGES } from '../../core/backup/prepare-images.js';
import { PREPARE_SESSIONS } from '../../core/backup/prepare-sessions.js';
import { CAMERA_SECRETS } from '../cameras/managed/camera-secrets.js';
import type { EdgeConfig } from '../config.js';
import { edgeMigrations } from '../store/migrations.js';
import { WAY_SECRETS } from '../store/way-secrets.js';

/** What a backup of the appliance holds. */
export const edgeBackupPlan = ({ dataFolder, site }: EdgeConfig): BackupPlan => ({
  program: 'siteglass-edge',
  dataFolder,
  database: 'edge.db',
  migrations: Object.keys(edgeMigrations),
  label: site,
  prepare: [
    ...PREPARE_IMAGES,
    ...PREPARE_SESSIONS,
    {
      // The identity of no file: the appliance recognises the copy as one even if it gets the inode of the original,
      // asks the relay how far the epoch is, and starts a new one.
      table: 'outbox_state',
      sql: "update outbox_state set file_identity = 'backup-' || hex(randomblob(16)) where file_identity != ''",
    },
  ],
  // It shows which summaries the copy does not have, so that the relay is told.
  // The secrets of cameras and of notification ways are in no backup.
  kept: ['edge.db.outbox', CAMERA_SECRETS, WAY_SECRETS],
});
