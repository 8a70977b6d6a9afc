import type { Kysely, Migration } from 'kysely';
import { isHash, isText } from '../store/salvage/plausible.js';
import type { SalvagePlan } from '../store/salvage/salvage-database.js';
import { tableSet } from '../store/table-set.js';
import type { Principal, Role } from './access.js';

export interface TokenTables {
  token: { hash: string; name: string; role: Role; created_at: number };
}

export const tokenTables = tableSet<TokenTables>({ token: true });

/** What the rows of tokens look like, for a database that is damaged. */
export const plausibleTokens: NonNullable<SalvagePlan['plausible']> = {
  token: ({ hash, role }) => isHash(hash) && isText(role, /^(viewer|operator|admin)$/),
};

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
  insertIfFree: async (db: Kysely<TokenTables>, row: TokenTables['token']): Promise<boolean> => {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('token')
      .values(row)
      .onConflict((c) => c.column('name').doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  },

  /** Stores the token; it replaces an earlier one of the same name. */
  replace: (db: Kysely<TokenTables>, { name, ...token }: TokenTables['token']) =>
    db
      .insertInto('token')
      .values({ name, ...token })
      .onConflict((c) => c.column('name').doUpdateSet(token))
      .execute(),

  /** False if there was none. */
  remove: async (db: Kysely<TokenTables>, name: string): Promise<boolean> => {
    const { numDeletedRows } = await db
      .deleteFrom('token')
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    return numDeletedRows === 1n;
  },

  list: (db: Kysely<TokenTables>) =>
    db.selectFrom('token').select(['name', 'role', 'created_at']).orderBy('name').execute(),

  exists: async (db: Kysely<TokenTables>): Promise<boolean> =>
    (await db.selectFrom('token').select('hash').limit(1).executeTakeFirst()) !== undefined,

  /** Writes one row as it is. There is one once the process has started. */
  touch: (db: Kysely<TokenTables>) =>
    db
      .updateTable('token')
      .set((eb) => ({ role: eb.ref('role') }))
      .where('name', '=', (eb) => eb.selectFrom('token').select((q) => q.fn.min('name').as('name')))
      .execute(),

  findByHash: (db: Kysely<TokenTables>, hash: string): Promise<Principal | undefined> =>
    db.selectFrom('token').select(['name', 'role']).where('hash', '=', hash).executeTakeFirst(),
};
