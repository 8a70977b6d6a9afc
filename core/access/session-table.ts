import type { Role } from '../contract/access.js';
import type { AccessDb, SessionRow } from './tables.js';

const removed = async (query: {
  executeTakeFirstOrThrow(): Promise<{ numDeletedRows: bigint }>;
}): Promise<number> => Number((await query.executeTakeFirstOrThrow()).numDeletedRows);

export const sessionTable = {
  insert: (db: AccessDb, row: SessionRow) => db.insertInto('user_session').values(row).execute(),

  /** With the role that its user has now. */
  findByHash: (db: AccessDb, hash: string): Promise<(SessionRow & { role: Role }) | undefined> =>
    db
      .selectFrom('user_session')
      .innerJoin('app_user', 'app_user.name', 'user_session.user_name')
      .selectAll('user_session')
      .select('app_user.role')
      .where('user_session.hash', '=', hash)
      .executeTakeFirst(),

  /** The most recently used first. */
  list: (db: AccessDb, user?: string): Promise<SessionRow[]> =>
    db
      .selectFrom('user_session')
      .selectAll()
      .$if(user !== undefined, (q) => q.where('user_name', '=', user ?? ''))
      .orderBy('used_at', 'desc')
      .orderBy('id')
      .execute(),

  touch: (db: AccessDb, hash: string, usedAt: number) =>
    db.updateTable('user_session').set({ used_at: usedAt }).where('hash', '=', hash).execute(),

  removeByHash: (db: AccessDb, hash: string): Promise<number> =>
    removed(db.deleteFrom('user_session').where('hash', '=', hash)),

  removeByIds: async (db: AccessDb, ids: string[]): Promise<number> =>
    ids.length === 0 ? 0 : removed(db.deleteFrom('user_session').where('id', 'in', ids)),

  removeOfUser: (db: AccessDb, user: string): Promise<number> =>
    removed(db.deleteFrom('user_session').where('user_name', '=', user)),

  removeAll: (db: AccessDb): Promise<number> => removed(db.deleteFrom('user_session')),
};
