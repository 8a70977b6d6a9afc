import { type Kysely, type Migration, sql } from 'kysely';

/**
 * What the outbox needs to set summaries aside, to send again what a relay has forgotten, and to start a new epoch if
 * the site's id changes.
 */
export const outboxMarksMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('outbox').addColumn('detail', 'text').execute();
    await db.schema.alterTable('outbox').addColumn('former', 'text').execute();
    for (const column of [
      'refused',
      'forgotten',
      'forgotten_seq',
      'kept',
      'kept_bytes',
      'running_ms',
      'heard_at',
    ])
      await db.schema
        .alterTable('outbox_state')
        .addColumn(column, 'integer', (c) => c.notNull().defaultTo(0))
        .execute();
    await db.schema
      .alterTable('outbox_state')
      .addColumn('site', 'text', (c) => c.notNull().defaultTo(''))
      .execute();
    await db.schema
      .createTable('outbox_refused')
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('epoch', 'text', (c) => c.notNull())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('payload', 'text', (c) => c.notNull())
      .addColumn('bytes', 'integer', (c) => c.notNull())
      .addColumn('refused_at', 'integer', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('outbox_acknowledged')
      .addColumn('epoch', 'text', (c) => c.notNull())
      .addColumn('seq', 'integer', (c) => c.notNull())
      .addColumn('payload', 'text', (c) => c.notNull())
      .addColumn('bytes', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .addColumn('dropped_from', 'integer')
      .addColumn('reason', 'text')
      .addColumn('detail', 'text')
      .addColumn('image', 'text')
      .addColumn('former', 'text')
      .addColumn('kept_at', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('outbox_acknowledged_pk', ['epoch', 'seq'])
      .modifyEnd(sql`without rowid`)
      .execute();
  },
};
