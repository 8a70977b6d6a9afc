import type { Migration } from 'kysely';
import { isPostgres } from '../store/dialect.js';

type Db = Parameters<Migration['up']>[0];

/** Rules and ways, the queue of messages with its history, and what the rules remember. */
export const notificationMigration: Migration = {
  async up(db) {
    await db.schema
      .createTable('notification_definition')
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('id', 'text', (c) => c.notNull())
      .addColumn('settings', 'text', (c) => c.notNull())
      .addColumn('changed_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('notification_definition_pk', ['kind', 'id'])
      .execute();
    await db.schema
      .createTable('notification_way_state')
      .addColumn('way', 'text', (c) => c.primaryKey())
      .addColumn('failures', 'integer', (c) => c.notNull())
      .addColumn('failing_since', 'bigint')
      .addColumn('paused_until', 'bigint', (c) => c.notNull())
      .addColumn('dropped', 'bigint', (c) => c.notNull())
      .addColumn('answered_at', 'bigint')
      .addColumn('answer_ok', 'integer', (c) => c.notNull())
      .addColumn('answer', 'text')
      .execute();
    await createDeliveries(db);
    await db.schema
      .createTable('notification_memory')
      .addColumn('rule', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('value', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('notification_memory_pk', ['rule', 'kind', 'subject'])
      .execute();
    await db.schema
      .createTable('notification_total')
      .addColumn('name', 'text', (c) => c.primaryKey())
      .addColumn('count', 'bigint', (c) => c.notNull())
      .execute();
  },
};

async function createDeliveries(db: Db): Promise<void> {
  const table = db.schema.createTable('notification_delivery');
  const numbered = isPostgres(db)
    ? table.addColumn('seq', 'bigserial', (c) => c.primaryKey())
    : table.addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement());
  await numbered
    .addColumn('id', 'text', (c) => c.notNull().unique())
    .addColumn('way', 'text', (c) => c.notNull())
    .addColumn('rule', 'text', (c) => c.notNull())
    .addColumn('event', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('queued_due', 'bigint', (c) => c.notNull())
    .addColumn('next_due', 'bigint', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('claimed_until', 'bigint', (c) => c.notNull())
    .addColumn('message', 'text', (c) => c.notNull())
    .addColumn('bytes', 'integer', (c) => c.notNull())
    .addColumn('image', 'text')
    .addColumn('picture_refused', 'integer', (c) => c.notNull())
    .addColumn('answered_at', 'bigint')
    .addColumn('answer_ok', 'integer', (c) => c.notNull())
    .addColumn('answer', 'text')
    .execute();
  await db.schema
    .createIndex('notification_delivery_by_way')
    .on('notification_delivery')
    .columns(['state', 'way', 'seq'])
    .execute();
}
