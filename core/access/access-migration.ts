import type { Migration } from 'kysely';
import { isPostgres } from '../store/dialect.js';

type Db = Parameters<Migration['up']>[0];

/** Users, their sessions, the audit log, and the scope and expiry of tokens. */
export const accessMigration: Migration = {
  async up(db) {
    await db.schema.alterTable('token').addColumn('cameras', 'text').execute();
    await db.schema.alterTable('token').addColumn('expires_at', 'bigint').execute();
    await db.schema.alterTable('token').addColumn('last_used_at', 'bigint').execute();
    await db.schema
      .createTable('app_user')
      .addColumn('name', 'text', (c) => c.primaryKey())
      .addColumn('role', 'text', (c) => c.notNull())
      .addColumn('password_hash', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('password_at', 'bigint', (c) => c.notNull())
      .execute();
    await createSessions(db);
    await createAudit(db);
  },
};

async function createSessions(db: Db): Promise<void> {
  await db.schema
    .createTable('user_session')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('user_name', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('used_at', 'bigint', (c) => c.notNull())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('agent', 'text', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('user_session_by_user')
    .on('user_session')
    .column('user_name')
    .execute();
}

async function createAudit(db: Db): Promise<void> {
  const table = db.schema.createTable('audit_entry');
  const numbered = isPostgres(db)
    ? table.addColumn('seq', 'bigserial', (c) => c.primaryKey())
    : table.addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement());
  await numbered
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('last_at', 'bigint', (c) => c.notNull())
    .addColumn('count', 'integer', (c) => c.notNull())
    .addColumn('class', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('actor_kind', 'text', (c) => c.notNull())
    .addColumn('address', 'text')
    .addColumn('subject', 'text')
    .addColumn('detail', 'text')
    .execute();
  await db.schema
    .createIndex('audit_entry_by_class')
    .on('audit_entry')
    .columns(['class', 'seq'])
    .execute();
}
