import type { Kysely, Migration } from 'kysely';

/** How many uploads were searched, and what was found in them: one row. */
export const demoTotalMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('demo_total')
      .addColumn('id', 'integer', (c) => c.primaryKey())
      .addColumn('images', 'bigint', (c) => c.notNull())
      .addColumn('objects', 'bigint', (c) => c.notNull())
      .execute();
  },
};
