import { type Kysely, type Migration, sql } from 'kysely';

/** What sightings are filtered by, marks of people, and totals by hour, filled from the sightings that there are. */
export const sightingViewsMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await addColumns(db);
    await replaceIndexes(db);
    await db.schema
      .createTable('sighting_hour')
      .addColumn('hour', 'integer', (c) => c.notNull())
      .addColumn('camera', 'text', (c) => c.notNull())
      .addColumn('label', 'text', (c) => c.notNull())
      .addColumn('sightings', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('sighting_hour_pk', ['hour', 'camera', 'label'])
      .execute();
    await sql`insert into sighting_hour (hour, camera, label, sightings)
      select started_at / 3600000, camera, label, count(*) from sighting group by 1, 2, 3`.execute(
      db,
    );
  },
};

async function addColumns(db: Kysely<unknown>): Promise<void> {
  const columns = [
    sql`detector text not null default ''`,
    sql`confidence real not null default 0`,
    sql`zones text not null default '[]'`,
    sql`left_at integer`,
    sql`marked_at integer`,
    sql`marked_by text`,
    sql`mark_note text`,
    sql`picture_kept integer not null default 0`,
    sql`picture_expires_at integer`,
  ];
  for (const column of columns) await sql`alter table sighting add column ${column}`.execute(db);
  // Tracks of versions before models have no confidence: it is that of a cascade with 3 neighbors.
  await sql`update sighting set
    left_at = ended_at,
    detector = coalesce(json_extract(track, '$.detector'), ''),
    confidence = coalesce(
      json_extract(track, '$.best.confidence'),
      json_extract(track, '$.best.neighbors') / (json_extract(track, '$.best.neighbors') + 3.0),
      0
    ) where json_valid(track)`.execute(db);
}

/** Pages are in the order of `started_at`, whatever they are filtered by. */
async function replaceIndexes(db: Kysely<unknown>): Promise<void> {
  for (const index of ['sighting_camera', 'sighting_label'])
    await db.schema.dropIndex(index).execute();
  for (const column of ['camera', 'label'])
    await db.schema
      .createIndex(`sighting_${column}`)
      .on('sighting')
      .columns([column, 'started_at', 'id'])
      .execute();
  // With everything that a filter asks for: the rows themselves are read only for what is shown.
  await sql`create index sighting_time on sighting (
    started_at, id, camera, label, detector, state, confidence, ended_at, zones, marked_at
  )`.execute(db);
  await sql`create index sighting_marked on sighting (started_at, id)
    where marked_at is not null`.execute(db);
  await sql`create index sighting_kept on sighting (best_image) where picture_kept = 1`.execute(db);
  await sql`create index sighting_long on sighting (started_at)
    where last_seen_at - started_at >= 3600000`.execute(db);
}
