import { type Kysely, sql } from 'kysely';
import type { ImageTables } from '../../core/images/tables.js';
import type { SightingTables } from './sighting-row.js';

type Db = Kysely<SightingTables>;

export interface Mark {
  marked_at: number;
  marked_by: string;
  mark_note: string;
}

/** A picture that is kept for a mark; its bytes are null if it is gone. */
export interface KeptPicture {
  id: string;
  bytes: number | null;
}

/** Marks of people on sightings. Each function is called in a transaction. */
export const sightingMarks = {
  /** Marks a sighting, and keeps its best picture if that is stored. */
  set: async (db: Db, images: Kysely<ImageTables>, id: string, image: string, mark: Mark) => {
    const stored = await images
      .selectFrom('image')
      .select('expires_at')
      .where('id', '=', image)
      .executeTakeFirst();
    // Another mark may have kept the same picture before.
    const { expires } = await db
      .selectFrom('sighting')
      .select((q) => q.fn.max('picture_expires_at').as('expires'))
      .where('best_image', '=', image)
      .where('picture_kept', '=', 1)
      .executeTakeFirstOrThrow();
    await db
      .updateTable('sighting')
      .set({
        ...mark,
        picture_kept: stored ? 1 : 0,
        picture_expires_at: stored?.expires_at ?? expires ?? null,
      })
      .where('id', '=', id)
      .execute();
    if (stored)
      await images.updateTable('image').set({ expires_at: null }).where('id', '=', image).execute();
  },

  remove: async (db: Db, images: Kysely<ImageTables>, id: string): Promise<void> => {
    await sightingMarks.release(db, images, id);
    await db
      .updateTable('sighting')
      .set({ marked_at: null, marked_by: null, mark_note: null })
      .where('id', '=', id)
      .execute();
  },

  /** Leaves a picture to the retention again, which removes it when it would have expired. */
  release: async (db: Db, images: Kysely<ImageTables>, id: string): Promise<void> => {
    const row = await db
      .selectFrom('sighting')
      .select(['best_image', 'picture_kept', 'picture_expires_at'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (row?.picture_kept !== 1) return;
    await db
      .updateTable('sighting')
      .set({ picture_kept: 0, picture_expires_at: null })
      .where('id', '=', id)
      .execute();
    const other = await db
      .selectFrom('sighting')
      .select('id')
      .where('best_image', '=', row.best_image)
      .where('picture_kept', '=', 1)
      .executeTakeFirst();
    if (!other)
      await images
        .updateTable('image')
        .set({ expires_at: row.picture_expires_at })
        .where('id', '=', row.best_image)
        .execute();
  },

  /** The pictures that are kept, those of the newest marks first. */
  kept: async (db: Db): Promise<KeptPicture[]> => {
    const { rows } = await sql<KeptPicture>`
      select sighting.id, blob.bytes from sighting
      left join image on image.id = sighting.best_image
      left join blob on blob.sha256 = image.sha256
      where sighting.picture_kept = 1
      order by sighting.marked_at desc, sighting.id desc`.execute(db);
    return rows;
  },
};
