import { type Kysely, type Migration, sql } from 'kysely';

/** What the outbox needs to stay within its budget, to recognise a restored copy, and to report its hourly counts. */
export const outboxBudgetMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('outbox').addColumn('dropped_from', 'integer').execute();
    await db.schema.alterTable('outbox').addColumn('reason', 'text').execute();
    // Finds the first row whose time is known, however many rows without a known time precede it.
    await db.schema
      .createIndex('outbox_dated')
      .on('outbox')
      .column('seq')
      .where(sql.ref('created_at'), '>', 0)
      .execute();
    for (const column of ['summaries', 'bytes', 'evicted', 'sent_mark', 'shared_seq'])
      await db.schema
        .alterTable('outbox_state')
        .addColumn(column, 'integer', (c) => c.notNull().defaultTo(0))
        .execute();
    await db.schema
      .alterTable('outbox_state')
      .addColumn('file_identity', 'text', (c) => c.notNull().defaultTo(''))
      .execute();
    // What was numbered before may have been sent.
    await sql`
      update outbox_state set
        summaries = (select count(*) from outbox),
        bytes = (select coalesce(sum(bytes), 0) from outbox),
        sent_mark = last_seq`.execute(db);
    await db.schema
      .createTable('outbox_hour')
      .addColumn('hour', 'integer', (c) => c.primaryKey())
      .addColumn('added', 'integer', (c) => c.notNull())
      .addColumn('settled', 'integer', (c) => c.notNull())
      .addColumn('evicted', 'integer', (c) => c.notNull())
      .execute();
  },
};
