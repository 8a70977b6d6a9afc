import type { Kysely, Migration } from 'kysely';

/** Why a record was refused, what a site had delivered before an operator removed it, and a removal under way. */
export const deliveryMarksMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('absence').addColumn('detail', 'text').execute();
    await db.schema.alterTable('site').addColumn('removing_at', 'bigint').execute();
    await db.schema
      .createTable('removed_outbox')
      .addColumn('site', 'text', (c) => c.notNull())
      .addColumn('epoch', 'text', (c) => c.notNull())
      .addColumn('acked_seq', 'bigint', (c) => c.notNull())
      .addColumn('ahead', 'text', (c) => c.notNull())
      .addColumn('removed_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('removed_outbox_pk', ['site', 'epoch'])
      .execute();
  },
};
