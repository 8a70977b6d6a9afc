import type { Kysely, Migration } from 'kysely';

/** Whether a camera was announced to Home Assistant in a topic of its own. Up to now, all were in one message. */
export const announcedTopicMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('announced')
      .addColumn('own_topic', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  },
};
