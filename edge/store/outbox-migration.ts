import { randomUUID } from 'node:crypto';
import type { Kysely, Migration } from 'kysely';

/** The outbox and its one row of state. The epoch is generated here: it identifies this database. */
export const outboxMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('outbox')
      .addColumn('seq', 'integer', (c) => c.primaryKey())
      .addColumn('payload', 'text', (c) => c.notNull())
      .addColumn('bytes', 'integer', (c) => c.notNull())
      .addColumn('created_at', 'integer', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('outbox_state')
      .addColumn('id', 'integer', (c) => c.primaryKey())
      .addColumn('epoch', 'text', (c) => c.notNull())
      .addColumn('last_seq', 'integer', (c) => c.notNull())
      .addColumn('acked_seq', 'integer', (c) => c.notNull())
      .execute();
    await (db as Kysely<{ outbox_state: Record<string, unknown> }>)
      .insertInto('outbox_state')
      .values({ id: 1, epoch: randomUUID(), last_seq: 0, acked_seq: 0 })
      .execute();
  },
};
