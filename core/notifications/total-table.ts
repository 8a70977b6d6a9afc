import { sql } from 'kysely';
import type { NotificationDb, TotalRow } from './tables.js';

export type NotificationTotals = Record<TotalRow['name'], number>;

/** Counts since the database was created. */
export const totalTable = {
  add: async (db: NotificationDb, name: TotalRow['name'], count: number): Promise<void> => {
    if (count === 0) return;
    await db
      .insertInto('notification_total')
      .values({ name, count })
      .onConflict((c) =>
        c.column('name').doUpdateSet({ count: sql`notification_total.count + ${count}` }),
      )
      .execute();
  },

  read: async (db: NotificationDb): Promise<NotificationTotals> => {
    const rows = await db.selectFrom('notification_total').selectAll().execute();
    const of = (name: TotalRow['name']) => rows.find((row) => row.name === name)?.count ?? 0;
    return {
      delivered: of('delivered'),
      failed: of('failed'),
      dropped: of('dropped'),
      missed: of('missed'),
    };
  },
};
