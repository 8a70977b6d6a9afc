import type { Migration } from 'kysely';
import type { AccessDb, TokenRow } from './tables.js';

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
  /** False if the name is in use. */
  insertIfFree: async (db: AccessDb, row: TokenRow): Promise<boolean> => {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('token')
      .values(row)
      .onConflict((c) => c.column('name').doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  },

  /** Stores the token; it replaces an earlier one of the same name. */
  replace: (db: AccessDb, { name, ...token }: TokenRow) =>
    db
      .insertInto('token')
      .values({ name, ...token })
      .onConflict((c) => c.column('name').doUpdateSet(token))
      .execute(),

  findByName: (db: AccessDb, name: string): Promise<TokenRow | undefined> =>
    db.selectFrom('token').selectAll().where('name', '=', name).executeTakeFirst(),

  /** False if there was none. */
  remove: async (db: AccessDb, name: string): Promise<boolean> => {
    const { numDeletedRows } = await db
      .deleteFrom('token')
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    return numDeletedRows === 1n;
  },

  list: (db: AccessDb) =>
    db
      .selectFrom('token')
      .select(['name', 'role', 'created_at', 'cameras', 'expires_at', 'last_used_at'])
      .orderBy('name')
      .execute(),

  exists: async (db: AccessDb): Promise<boolean> =>
    (await db.selectFrom('token').select('hash').limit(1).executeTakeFirst()) !== undefined,

  /** Those that administer everything, and have not expired. */
  count: async (db: AccessDb): Promise<number> => {
    const { count } = await db
      .selectFrom('token')
      .select((q) => q.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  },

  countAdmins: async (db: AccessDb, now: number): Promise<number> => {
    const { count } = await db
      .selectFrom('token')
      .select((q) => q.fn.countAll<number>().as('count'))
      .where('role', '=', 'admin')
      .where('cameras', 'is', null)
      .where((q) => q.or([q('expires_at', 'is', null), q('expires_at', '>', now)]))
      .executeTakeFirstOrThrow();
    return Number(count);
  },

  /** Writes one row as it is. There is one once the process has started. */
  touch: (db: AccessDb) =>
    db
      .updateTable('token')
      .set((eb) => ({ role: eb.ref('role') }))
      .where('name', '=', (eb) => eb.selectFrom('token').select((q) => q.fn.min('name').as('name')))
      .execute(),

  used: (db: AccessDb, hash: string, at: number) =>
    db.updateTable('token').set({ last_used_at: at }).where('hash', '=', hash).execute(),

  findByHash: (db: AccessDb, hash: string): Promise<TokenRow | undefined> =>
    db.selectFrom('token').selectAll().where('hash', '=', hash).executeTakeFirst(),
};
