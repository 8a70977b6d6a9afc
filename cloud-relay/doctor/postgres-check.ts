import { type Check, failure } from '../../core/doctor/finding.js';
import { schemaVerdict } from '../../core/doctor/schema-check.js';
import type { NotificationTables } from '../../core/notifications/tables.js';
import { messageOf } from '../../core/runtime/errors.js';
import { appliedToPostgres } from '../../core/store/database.js';
import { openPostgres } from '../../core/store/open-postgres.js';
import { relayMigrations } from '../store/migrations.js';

/** Whether the relay can connect to the database server, and which schema it has. Changes nothing. */
export const postgresCheck = (url: string): Check => ({
  about: 'database',
  async run() {
    const { db, close } = openPostgres(url, () => undefined);
    try {
      const applied = await appliedToPostgres(db);
      return schemaVerdict('the PostgreSQL database', applied.sort(), relayMigrations);
    } catch (error) {
      return failure(
        `cannot connect to PostgreSQL: ${reasonOf(error)}`,
        'Check that the server runs, and check address, user name, password and database in database.url.',
      );
    } finally {
      await close();
    }
  },
});

/** Undefined if it cannot be reached, which `postgresCheck` reports, or has no notifications yet. */
export async function openSharedNotifications(url: string) {
  const opened = openPostgres<NotificationTables>(url, () => undefined);
  const applied = await appliedToPostgres(opened.db).catch((): string[] => []);
  if (applied.includes('0012_notifications')) return opened;
  await opened.close();
  return undefined;
}

/** A host with several addresses fails with an error for each address, and without a message. */
function reasonOf(error: unknown): string {
  const { code } = error as { code?: string };
  return messageOf(error) || code || 'no reason given';
}
