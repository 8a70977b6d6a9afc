import type { Kysely, Migration } from 'kysely';
import type { Principal, Role } from './access.js';

export interface TokenTables {
  token: { hash: string; name: string; role: Role; created_at: number };
}

export const createTokenTable: Migration = {
  async up(db) {
    await db.schema
      .createTable('token')
      .addColumn('hash', 'text', (c) => c.primaryKey())
      .addColumn('name', 'text', (c) => c.notNull().unique())
      .addColumn('role', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .execute();
  },
};

export const tokenTable = {
  insert: (db: Kysely<TokenTables>, row: TokenTables['token']) =>
    db.insertInto('token').values(row).execute(),

  remove: (db: Kysely<TokenTables>, name: string) =>
    db.deleteFrom('token').where('name', '=', name).execute(),

  exists: async (db: Kysely<TokenTables>): Promise<boolean> =>
    (await db.selectFrom('token').select('hash').limit(1).executeTakeFirst()) !== undefined,

  findByHash: (db: Kysely<TokenTables>, hash: string): Promise<Principal | undefined> =>
    db.selectFrom('token').select(['name', 'role']).where('hash', '=', hash).executeTakeFirst(),
};
