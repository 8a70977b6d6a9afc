import type { Kysely, Migration } from 'kysely';

/** Finds sightings of a label or in a state without reading all others. */
export const sightingIndexMigration: Migration = {
  async up(db: Kysely<unknown>) {
    for (const column of ['label', 'state'])
      await db.schema
        .createIndex(`sighting_${column}`)
        .on('sighting')
        .columns([column, 'id'])
        .execute();
  },
};
