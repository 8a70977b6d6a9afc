import { type Kysely, type Migration, sql } from 'kysely';

/** Sightings, and the log of their events, from which the event stream is read. */
export const sightingsMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('sighting')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('camera', 'text', (c) => c.notNull())
      .addColumn('label', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('started_at', 'integer', (c) => c.notNull())
      .addColumn('last_seen_at', 'integer', (c) => c.notNull())
      .addColumn('ended_at', 'integer')
      .addColumn('best_image', 'text', (c) => c.notNull())
      .addColumn('track', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('sighting_camera')
      .on('sighting')
      .columns(['camera', 'id'])
      .execute();
    await db.schema.createIndex('sighting_end').on('sighting').column('ended_at').execute();
    await db.schema.createIndex('sighting_best').on('sighting').column('best_image').execute();
    await db.schema
      .createIndex('analysis_processed')
      .on('analysis')
      .column('key')
      .where(sql.ref('processed_bytes'), '>', sql.lit(0))
      .execute();
    await db.schema
      .createTable('site_event')
      .addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('payload', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('announced')
      .addColumn('connection', 'text', (c) => c.notNull())
      .addColumn('camera', 'text', (c) => c.notNull())
      .addColumn('components', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('announced_pk', ['connection', 'camera'])
      .execute();
  },
};
