import type { AccessDb, AccessTransaction, UserRow } from './tables.js';

export const userTable = {
  /** False if the name is in use. */
  insertIfFree: async (db: AccessDb, row: UserRow): Promise<boolean> => {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('app_user')
      .values(row)
      .onConflict((c) => c.column('name').doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  },

  find: (db: AccessDb, name: string): Promise<UserRow | undefined> =>
    db.selectFrom('app_user').selectAll().where('name', '=', name).executeTakeFirst(),

  list: (db: AccessDb) =>
    db
      .selectFrom('app_user')
      .select(['name', 'role', 'created_at', 'password_at'])
      .orderBy('name')
      .execute(),

  count: async (db: AccessDb): Promise<number> => {
    const { count } = await db
      .selectFrom('app_user')
      .select((q) => q.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  },

  countAdmins: async (db: AccessDb): Promise<number> => {
    const { count } = await db
      .selectFrom('app_user')
      .select((q) => q.fn.countAll<number>().as('count'))
      .where('role', '=', 'admin')
      .executeTakeFirstOrThrow();
    return Number(count);
  },

  /** False if there is none. */
  update: async (
    db: AccessDb,
    name: string,
    change: Partial<Pick<UserRow, 'role' | 'password_hash' | 'password_at'>>,
  ): Promise<boolean> => {
    const { numUpdatedRows } = await db
      .updateTable('app_user')
      .set(change)
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  },

  /**
   * Whether the user still has this hash. A change of the password then waits for the end of the transaction, or this for
   * that of the change.
   */
  stillHas: async (
    db: AccessTransaction,
    name: string,
    password_hash: string,
  ): Promise<boolean> => {
    const { numUpdatedRows } = await db
      .updateTable('app_user')
      .set({ password_hash })
      .where('name', '=', name)
      .where('password_hash', '=', password_hash)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  },

  /** False if there was none. */
  remove: async (db: AccessDb, name: string): Promise<boolean> => {
    const { numDeletedRows } = await db
      .deleteFrom('app_user')
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    return numDeletedRows === 1n;
  },
};
