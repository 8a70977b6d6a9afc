import type { Generated, Migration } from 'kysely';
import { sql } from 'kysely';
import { tableSet } from '../store/table-set.js';
import type { MediaType } from './media-type.js';

/** Bytes that were uploaded or pulled, stored once however often they arrive. */
export interface BlobRow {
  sha256: string;
  media_type: MediaType;
  bytes: number;
  width: number;
  height: number;
}

/** One upload or snapshot. Its analysis is the row with the same key; without one it is pending or failed. */
export interface ImageRow {
  id: string;
  sha256: string;
  analysis_key: string;
  camera: string | null;
  created_at: number;
  expires_at: number | null;
  /** The plan as JSON, until the analysis is stored or has failed. */
  plan: string | null;
  /** A problem as JSON, if the analysis failed. */
  failure: string | null;
}

/** The result of one plan for one blob. */
export interface AnalysisRow {
  key: string;
  sha256: string;
  /** An `Analysis` as JSON. */
  result: string;
  /** Bytes of the rendered image; 0 while there is none. */
  processed_bytes: Generated<number>;
}

/** Which labels an analysis found. */
export interface LabelRow {
  analysis_key: string;
  label: string;
}

/** A label that was found in an image, in the order in which images are listed: images are found by label through it. */
export interface ImageLabelRow {
  label: string;
  image: string;
}

/**
 * Keeps other processes from removing bytes that are about to be referred to. The lock on this row also puts
 * transactions that add references and transactions that remove bytes in an order.
 */
export interface BlobLeaseRow {
  sha256: string;
  /** Milliseconds since the Unix epoch. */
  until: number;
}

export interface ImageTables {
  blob: BlobRow;
  image: ImageRow;
  analysis: AnalysisRow;
  analysis_label: LabelRow;
  image_label: ImageLabelRow;
}

/** With the leases, if several processes share the images. */
export interface SharedImageTables extends ImageTables {
  blob_lease: BlobLeaseRow;
}

const imageTableNames = {
  blob: true,
  image: true,
  analysis: true,
  analysis_label: true,
  image_label: true,
} as const;

export const imageTables = tableSet<ImageTables>(imageTableNames);

export const sharedImageTables = tableSet<SharedImageTables>({
  ...imageTableNames,
  blob_lease: true,
});

export const createImageTables: Migration = {
  async up(db) {
    await db.schema
      .createTable('blob')
      .addColumn('sha256', 'text', (c) => c.primaryKey())
      .addColumn('media_type', 'text', (c) => c.notNull())
      .addColumn('bytes', 'bigint', (c) => c.notNull())
      .addColumn('width', 'integer', (c) => c.notNull())
      .addColumn('height', 'integer', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('image')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('sha256', 'text', (c) => c.notNull().references('blob.sha256'))
      .addColumn('analysis_key', 'text', (c) => c.notNull())
      .addColumn('camera', 'text')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('plan', 'text')
      .addColumn('failure', 'text')
      .execute();
    await db.schema.createIndex('image_sha256').on('image').column('sha256').execute();
    await db.schema.createIndex('image_analysis').on('image').column('analysis_key').execute();
    await db.schema.createIndex('image_camera').on('image').columns(['camera', 'id']).execute();
    await db.schema.createIndex('image_age').on('image').column('created_at').execute();
    await db.schema.createIndex('image_expiry').on('image').column('expires_at').execute();
    await db.schema
      .createTable('analysis')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('sha256', 'text', (c) => c.notNull())
      .addColumn('result', 'text', (c) => c.notNull())
      .addColumn('processed_bytes', 'bigint', (c) => c.notNull().defaultTo(sql`0`))
      .execute();
    await db.schema
      .createTable('analysis_label')
      .addColumn('analysis_key', 'text', (c) =>
        c.notNull().references('analysis.key').onDelete('cascade'),
      )
      .addColumn('label', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('analysis_label_pk', ['analysis_key', 'label'])
      .execute();
  },
};
