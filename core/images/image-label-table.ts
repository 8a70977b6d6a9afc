import { type Kysely, type Migration, sql } from 'kysely';
import { compiledQuery } from '../store/compiled-query.js';
import { isPostgres } from '../store/dialect.js';
import { distinctValues } from '../store/distinct-values.js';
import type { ImageTables } from './tables.js';

type Db = Kysely<ImageTables>;

/** Labels of the images that are analysed. */
const labelsOf = (db: Db) =>
  db
    .selectFrom('image')
    .innerJoin('analysis_label', 'analysis_label.analysis_key', 'image.analysis_key')
    .select(['analysis_label.label', 'image.id as image']);

export const createImageLabelTable: Migration = {
  async up(db: Db) {
    await db.schema
      .createTable('image_label')
      .addColumn('label', 'text', (c) => c.notNull())
      .addColumn('image', 'text', (c) => c.notNull().references('image.id').onDelete('cascade'))
      .addPrimaryKeyConstraint('image_label_pk', ['label', 'image'])
      .$call((table) => (isPostgres(db) ? table : table.modifyEnd(sql`without rowid`)))
      .execute();
    await db.schema.createIndex('image_label_image').on('image_label').column('image').execute();
    await db
      .insertInto('image_label')
      .columns(['label', 'image'])
      .expression(labelsOf(db).where('image.plan', 'is', null))
      .execute();
    // Few images are pending, and they are queried often.
    await db.schema
      .createIndex('image_pending')
      .on('image')
      .column('id')
      .where(sql.ref('plan'), 'is not', null)
      .execute();
  },
};

const insertLabels = compiledQuery({ id: true }, (db: Db, images: { id: string }[]) =>
  db
    .insertInto('image_label')
    .columns(['label', 'image'])
    .expression(
      labelsOf(db)
        .where(
          'image.id',
          'in',
          images.map(({ id }) => id),
        )
        .where('image.plan', 'is', null),
    ),
);

export const imageLabelTable = {
  labels: (db: Db): Promise<string[]> => distinctValues(db, 'image_label', 'label'),

  /** Adds the labels of images whose analyses were just stored. */
  insert: async (db: Db, ids: string[]): Promise<void> => {
    await insertLabels(
      db,
      ids.map((id) => ({ id })),
    );
  },
};
