import type { Kysely } from 'kysely';
import { compiledQuery } from '../store/compiled-query.js';
import type { BlobRow, ImageTables } from './tables.js';

type Db = Kysely<ImageTables>;

const unreferenced = (db: Db) =>
  db
    .selectFrom('blob')
    .selectAll()
    .where((q) =>
      q.not(
        q.exists(
          q.selectFrom('image').select('image.id').whereRef('image.sha256', '=', 'blob.sha256'),
        ),
      ),
    );

const insertBlobs = compiledQuery(
  { sha256: true, media_type: true, bytes: true, width: true, height: true },
  (db: Db, rows: BlobRow[]) =>
    db
      .insertInto('blob')
      .values(rows)
      .onConflict((c) => c.doNothing())
      .returning('bytes'),
);

export const blobTable = {
  /** Resolves with the bytes of the new blobs. */
  insert: async (db: Db, rows: BlobRow[]): Promise<number> => {
    const unique = [...new Map(rows.map((row) => [row.sha256, row])).values()];
    const added = await insertBlobs(db, unique);
    return added.reduce((total, { bytes }) => total + Number(bytes), 0);
  },

  totalBytes: async (db: Db): Promise<number> => {
    const { total } = await db
      .selectFrom('blob')
      .select((q) => q.fn.coalesce(q.fn.sum<number>('bytes'), q.lit(0)).as('total'))
      .executeTakeFirstOrThrow();
    return Number(total);
  },

  has: async (db: Db, sha256: string): Promise<boolean> =>
    (await db
      .selectFrom('blob')
      .select('sha256')
      .where('sha256', '=', sha256)
      .executeTakeFirst()) !== undefined,

  /** Blobs that no image refers to any more. */
  unreferenced: (db: Db, limit: number): Promise<BlobRow[]> =>
    unreferenced(db).limit(limit).execute(),

  findUnreferenced: (db: Db, sha256: string): Promise<BlobRow | undefined> =>
    unreferenced(db).where('sha256', '=', sha256).executeTakeFirst(),

  remove: (db: Db, sha256: string) => db.deleteFrom('blob').where('sha256', '=', sha256).execute(),
};
