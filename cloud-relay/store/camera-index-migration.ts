import type { Kysely, Migration } from 'kysely';

/** Finds a camera's summaries without reading those of the site's other cameras. */
export const cameraIndexMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createIndex('summary_by_camera')
      .on('summary')
      .columns(['site', 'camera', 'taken_at', 'snapshot'])
      .execute();
  },
};
