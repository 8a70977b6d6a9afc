import type { Kysely, Migration } from 'kysely';

/** Sites and what they delivered. Plain SQL types only, so that it runs on SQLite and PostgreSQL alike. */
export const deliveryMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('site')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('password_hash', 'text')
      .addColumn('availability', 'text')
      .addColumn('last_seen_at', 'bigint')
      .execute();
    await createSummaries(db);
    await db.schema
      .createTable('ledger')
      .addColumn('site', 'text', (c) => c.notNull())
      .addColumn('epoch', 'text', (c) => c.notNull())
      .addColumn('acked_seq', 'bigint', (c) => c.notNull())
      .addColumn('summaries', 'bigint', (c) => c.notNull())
      .addColumn('detections', 'bigint', (c) => c.notNull())
      .addColumn('updated_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('ledger_pk', ['site', 'epoch'])
      .execute();
    await db.schema
      .createTable('lost_range')
      .addColumn('site', 'text', (c) => c.notNull())
      .addColumn('epoch', 'text', (c) => c.notNull())
      .addColumn('from_seq', 'bigint', (c) => c.notNull())
      .addColumn('to_seq', 'bigint', (c) => c.notNull())
      .addColumn('noticed_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('lost_range_pk', ['site', 'epoch', 'from_seq'])
      .execute();
  },
};

async function createSummaries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('summary')
    .addColumn('site', 'text', (c) => c.notNull())
    .addColumn('epoch', 'text', (c) => c.notNull())
    .addColumn('seq', 'bigint', (c) => c.notNull())
    .addColumn('camera', 'text', (c) => c.notNull())
    .addColumn('snapshot', 'text', (c) => c.notNull())
    .addColumn('taken_at', 'bigint', (c) => c.notNull())
    .addColumn('received_at', 'bigint', (c) => c.notNull())
    .addColumn('detections', 'integer', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('summary_pk', ['site', 'epoch', 'seq'])
    .execute();
  await db.schema
    .createIndex('summary_by_time')
    .on('summary')
    .columns(['site', 'taken_at', 'snapshot'])
    .execute();
  await db.schema
    .createTable('sighted_label')
    .addColumn('site', 'text', (c) => c.notNull())
    .addColumn('epoch', 'text', (c) => c.notNull())
    .addColumn('seq', 'bigint', (c) => c.notNull())
    .addColumn('label', 'text', (c) => c.notNull())
    .addColumn('taken_at', 'bigint', (c) => c.notNull())
    .addColumn('detections', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('sighted_label_pk', ['site', 'epoch', 'seq', 'label'])
    .execute();
  await db.schema
    .createIndex('sighted_label_by_time')
    .on('sighted_label')
    .columns(['site', 'label', 'taken_at'])
    .execute();
}
