import type { Kysely, Migration } from 'kysely';

/** Cameras that the API manages, and what was changed of them. A number of a revision is never used again. */
export const managedCamerasMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('managed_camera')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('settings', 'text', (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .execute();
    await db.schema
      .createTable('camera_revision')
      .addColumn('revision', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('camera', 'text', (column) => column.notNull())
      .addColumn('at', 'integer', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('actor_name', 'text', (column) => column.notNull())
      .addColumn('actor_kind', 'text', (column) => column.notNull())
      .addColumn('settings', 'text', (column) => column.notNull())
      .addColumn('changes', 'text', (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex('camera_revision_by_camera')
      .on('camera_revision')
      .columns(['camera', 'revision'])
      .execute();
  },
};
