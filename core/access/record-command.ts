import { existsSync } from 'node:fs';
import { systemClock } from '../runtime/clock.js';
import { messageOf } from '../runtime/errors.js';
import { openSqlite } from '../store/database.js';
import { kyselyOver } from '../store/dialect.js';
import { type AuditEntry, auditRow } from './audit.js';
import { auditTable } from './audit-table.js';
import type { AccessTables } from './tables.js';

/**
 * Records in an SQLite database what a command did. It is done already, so this does not fail: if nothing could be
 * recorded, e.g. in the database of an earlier version, the returned line reports it.
 */
export async function recordCommand(file: string, entry: AuditEntry): Promise<string[]> {
  const failed = (why: string) => [`This is not in the audit log: ${why}`];
  if (!existsSync(file)) return failed(`${file} does not exist yet`);
  try {
    const db = kyselyOver<AccessTables>(openSqlite(file));
    try {
      await auditTable.insert(db, auditRow(entry, systemClock()));
    } finally {
      await db.destroy();
    }
    return [];
  } catch (error) {
    return failed(messageOf(error));
  }
}
