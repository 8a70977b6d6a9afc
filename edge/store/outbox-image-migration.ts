import { type Kysely, type Migration, sql } from 'kysely';

/** The image that each summary is of, so that retention knows which images the relay has not acknowledged. */
export const outboxImageMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('outbox').addColumn('image', 'text').execute();
    // Rows of dropped summaries have no payload.
    await sql`
      update outbox set image = json_extract(payload, '$.snapshot')
      where dropped_from is null`.execute(db);
    await db.schema.createIndex('outbox_image').on('outbox').column('image').execute();
  },
};
