import { sql } from 'kysely';
import type { NotificationDb, WayStateRow } from './tables.js';

const NONE: Omit<WayStateRow, 'way'> = {
  failures: 0,
  failing_since: null,
  paused_until: 0,
  dropped: 0,
  answered_at: null,
  answer_ok: 0,
  answer: null,
};

export const wayStateTable = {
  all: async (db: NotificationDb): Promise<Map<string, WayStateRow>> => {
    const rows = await db.selectFrom('notification_way_state').selectAll().execute();
    return new Map(rows.map((row) => [row.way, row]));
  },

  of: async (db: NotificationDb, way: string): Promise<WayStateRow> =>
    (await db
      .selectFrom('notification_way_state')
      .selectAll()
      .where('way', '=', way)
      .executeTakeFirst()) ?? { way, ...NONE },

  set: async (db: NotificationDb, way: string, values: Partial<Omit<WayStateRow, 'way'>>) => {
    await db
      .insertInto('notification_way_state')
      .values({ way, ...NONE, ...values })
      .onConflict((c) => c.column('way').doUpdateSet(values))
      .execute();
  },

  countDropped: async (db: NotificationDb, way: string, count: number) => {
    await db
      .insertInto('notification_way_state')
      .values({ way, ...NONE, dropped: count })
      .onConflict((c) =>
        c.column('way').doUpdateSet({ dropped: sql`notification_way_state.dropped + ${count}` }),
      )
      .execute();
  },

  remove: (db: NotificationDb, way: string) =>
    db.deleteFrom('notification_way_state').where('way', '=', way).execute(),
};

export const noWayState = (way: string): WayStateRow => ({ way, ...NONE });
