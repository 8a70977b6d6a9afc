import type { BackupPlan } from './backup-plan.js';

/** Rendered images are not part of a backup: they are rendered again on request. */
export const PREPARE_IMAGES: BackupPlan['prepare'] = [
  { table: 'analysis', sql: 'update analysis set processed_bytes = 0 where processed_bytes != 0' },
];

/** Without the originals, they do not count towards the disk budget; results stay. */
export const WITHOUT_ORIGINALS: BackupPlan['prepare'] = [
  { table: 'blob', sql: 'update blob set bytes = 0' },
];
