import { type Check, failure } from '../../core/doctor/finding.js';
import { schemaVerdict } from '../../core/doctor/schema-check.js';
import { messageOf } from '../../core/runtime/errors.js';
import { appliedToPostgres } from '../../core/store/database.js';
import { openPostgres } from '../../core/store/open-postgres.js';
import { relayMigrations } from '../store/migrations.js';

/** Whether the database server lets the relay in, and what schema it has. Nothing is changed there. */
export const postgresCheck = (url: string): Check => ({
  about: 'database',
  async run() {
    const { db, close } = openPostgres(url, () => undefined);
    try {
      const applied = await appliedToPostgres(db);
      return schemaVerdict('the PostgreSQL database', applied.sort(), relayMigrations);
    } catch (error) {
      return failure(
        `PostgreSQL cannot be used: ${reasonOf(error)}`,
        'Does the server run, and are address, user name, password and database right (database.url)?',
      );
    } finally {
      await close();
    }
  },
});

/** A host with several addresses fails with an error for each, and no message. */
function reasonOf(error: unknown): string {
  const { code } = error as { code?: string };
  return messageOf(error) || code || 'no reason given';
}
