import type { BackupPlan } from './backup-plan.js';

/** A session that has ended since does not return with a backup. Users log in again. */
export const PREPARE_SESSIONS: BackupPlan['prepare'] = [
  { table: 'user_session', sql: 'delete from user_session' },
];
