import type { Kysely, Migration } from 'kysely';

/** Codes that sites enrol with, and what belongs to their passwords. */
export const enrolmentMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('enrolment_code')
      .addColumn('site', 'text', (c) => c.primaryKey())
      .addColumn('hash', 'text', (c) => c.notNull().unique())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addColumn('used_at', 'bigint')
      .execute();
    await db.schema
      .createTable('site_credential')
      .addColumn('site', 'text', (c) => c.primaryKey())
      .addColumn('current_hash', 'text')
      .addColumn('previous_hash', 'text')
      .addColumn('previous_until', 'bigint', (c) => c.notNull())
      .addColumn('rotation_asked_at', 'bigint')
      .addColumn('cut_off', 'bigint', (c) => c.notNull())
      .execute();
  },
};
