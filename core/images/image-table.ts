import { type Expression, type Kysely, sql } from 'kysely';
import type { ImageQuery } from '../contract/image.js';
import { type ClockEra, latestOf } from '../runtime/clock-eras.js';
import { type BoundedPage, boundedPage } from '../store/bounded-page.js';
import { compiledQuery } from '../store/compiled-query.js';
import { isPostgres } from '../store/dialect.js';
import { distinctValues } from '../store/distinct-values.js';
import { limitByEra } from '../store/era-limit.js';
import type { BlobRow, ImageRow, ImageTables } from './tables.js';

type Db = Kysely<ImageTables>;

/** A condition over `image`, never null. */
export type ProtectedImages = Expression<boolean>;

/** An image with the properties of its bytes and, if it is analysed, its result. */
export type StoredImage = ImageRow &
  Pick<BlobRow, 'media_type' | 'bytes' | 'width' | 'height'> & { result: string | null };

const images = (db: Db) =>
  db
    .selectFrom('image')
    .innerJoin('blob', 'blob.sha256', 'image.sha256')
    .leftJoin('analysis', 'analysis.key', 'image.analysis_key')
    .selectAll('image')
    .select(['blob.media_type', 'blob.bytes', 'blob.width', 'blob.height', 'analysis.result']);

/** Of an image in a page, besides its result. */
const LISTED_BYTES = 600;

const idsOf = async (query: { execute(): Promise<{ id: string }[]> }): Promise<string[]> =>
  (await query.execute()).map(({ id }) => id);

const insertImages = compiledQuery(
  {
    id: true,
    sha256: true,
    analysis_key: true,
    camera: true,
    created_at: true,
    expires_at: true,
    plan: true,
    failure: true,
  },
  (db: Db, rows: ImageRow[]) => db.insertInto('image').values(rows),
);

export const imageTable = {
  insert: async (db: Db, rows: ImageRow[]): Promise<void> => {
    await insertImages(db, rows);
  },

  find: (db: Db, id: string): Promise<StoredImage | undefined> =>
    images(db).where('image.id', '=', id).executeTakeFirst(),

  /**
   * Newest first; ids are in the order of time. With a label, its rows are read first, so that a page of a rare label
   * costs no more.
   */
  list: (db: Db, query: ImageQuery): Promise<StoredImage[]> => {
    const id = sql.ref<string>(query.label === undefined ? 'image.id' : 'image_label.image');
    return images(db)
      .$if(query.label !== undefined, (q) =>
        q
          .innerJoin('image_label', 'image_label.image', 'image.id')
          .where('image_label.label', '=', query.label ?? ''),
      )
      .$if(query.after !== undefined, (q) => q.where(id, '<', query.after ?? ''))
      .$if(query.camera !== undefined, (q) => q.where('image.camera', '=', query.camera ?? ''))
      .$if(query.from !== undefined, (q) =>
        q.where('image.created_at', '>=', Date.parse(query.from ?? '')),
      )
      .$if(query.to !== undefined, (q) =>
        q.where('image.created_at', '<', Date.parse(query.to ?? '')),
      )
      .orderBy(id, 'desc')
      .limit(query.limit)
      .execute();
  },

  /** The same as a page, which ends before `limit` if its results are large. */
  page: (db: Db, query: ImageQuery): Promise<BoundedPage<StoredImage>> =>
    boundedPage<StoredImage>(
      { limit: query.limit },
      ({ result }) => LISTED_BYTES + (result?.length ?? 0),
      (limit, last) => imageTable.list(db, { ...query, limit, after: last?.id ?? query.after }),
    ),

  /** The cameras that images are of. */
  cameras: (db: Db): Promise<string[]> => distinctValues(db, 'image', 'camera'),

  /** Images that are not analysed yet, oldest first. */
  pending: (db: Db, limit: number): Promise<ImageRow[]> =>
    db
      .selectFrom('image')
      .selectAll()
      .where('plan', 'is not', null)
      .orderBy('id')
      .limit(limit)
      .execute(),

  /** Those of these images that are pending. */
  pendingOf: (db: Db, ids: string[]): Promise<ImageRow[]> =>
    db
      .selectFrom('image')
      .selectAll()
      .where('id', 'in', ids)
      .where('plan', 'is not', null)
      .execute() as Promise<ImageRow[]>,

  countPending: async (db: Db): Promise<number> => {
    const { count } = await db
      .selectFrom('image')
      .select((q) => q.fn.countAll<number>().as('count'))
      .where('plan', 'is not', null)
      .executeTakeFirstOrThrow();
    return Number(count);
  },

  /** Marks every pending image with this key as analysed or failed. Resolves with their ids. */
  takePending: (db: Db, key: string, failure: string | null): Promise<string[]> =>
    idsOf(
      db
        .updateTable('image')
        .set({ plan: null, failure })
        .where('analysis_key', '=', key)
        .where('plan', 'is not', null)
        .returning('id'),
    ),

  expired: async (
    db: Db,
    now: number,
    limit: number,
    eras: ClockEra[],
    protectedImages?: ProtectedImages,
  ): Promise<string[]> =>
    idsOf(
      db
        .selectFrom('image')
        .select('id')
        .where('expires_at', '<=', latestOf(now, eras))
        .where('expires_at', '<=', limitByEra('created_at', now, eras))
        .$if(protectedImages !== undefined, (q) =>
          q.where((e) => e.not(protectedImages ?? e.lit(false))),
        )
        .limit(limit),
    ),

  /** Made before `ms` of the present clock. This and the next skip the images for which `protectedImages` is true. */
  olderThan: (
    db: Db,
    ms: number,
    limit: number,
    eras: ClockEra[],
    protectedImages?: ProtectedImages,
  ): Promise<string[]> =>
    idsOf(
      db
        .selectFrom('image')
        .select('id')
        .where('created_at', '<', latestOf(ms, eras))
        .where('created_at', '<', limitByEra('created_at', ms, eras))
        .$if(protectedImages !== undefined, (q) =>
          q.where((e) => e.not(protectedImages ?? e.lit(false))),
        )
        .orderBy('created_at')
        .limit(limit),
    ),

  /** In the order in which they were stored: an id holds a time of the clock, which may have been set since. */
  oldestOfCameras: (db: Db, limit: number, protectedImages?: ProtectedImages): Promise<string[]> =>
    idsOf(
      db
        .selectFrom('image')
        .select('id')
        .where('camera', 'is not', null)
        .$if(protectedImages !== undefined, (q) =>
          q.where((e) => e.not(protectedImages ?? e.lit(false))),
        )
        .orderBy(isPostgres(db) ? sql`id` : sql`rowid`)
        .limit(limit),
    ),

  /** A camera's images that were made from `from` on and before `to`, oldest first. */
  idsBetween: (db: Db, camera: string, from: number, to: number): Promise<string[]> =>
    idsOf(
      db
        .selectFrom('image')
        .select('id')
        // The index of ages has less to read than that of cameras.
        .where(sql`image.camera || ''`, '=', camera)
        .where('created_at', '>=', from)
        .where('created_at', '<', to)
        .orderBy('created_at')
        .orderBy('id'),
    ),

  /** The newest images in which something was found, older than `after`. */
  withDetections: (db: Db, limit: number, after?: string): Promise<StoredImage[]> =>
    images(db)
      .where('image.id', 'in', (q) =>
        q
          .selectFrom('image_label')
          .select('image_label.image')
          .distinct()
          .$if(after !== undefined, (q) => q.where('image_label.image', '<', after ?? ''))
          .orderBy('image_label.image', 'desc')
          .limit(limit),
      )
      .orderBy('image.id', 'desc')
      .execute(),

  remove: (db: Db, ids: string[]): Promise<{ sha256: string }[]> =>
    db.deleteFrom('image').where('id', 'in', ids).returning('sha256').execute(),
};
