import { isObject, jsonObject } from '../contract/json-object.js';
import type { DefinitionRow, NotificationDb } from './tables.js';

type Kind = DefinitionRow['kind'];

/** Rules and ways that the API manages. */
export const definitionTable = {
  /** In the order of their ids; those that damage has made unreadable are left out. */
  list: async (db: NotificationDb, kind: Kind): Promise<object[]> => {
    const rows = await db
      .selectFrom('notification_definition')
      .select('settings')
      .where('kind', '=', kind)
      .orderBy('id')
      .execute();
    return rows.map(({ settings }) => jsonObject(settings)).filter(isObject);
  },

  put: async (db: NotificationDb, kind: Kind, id: string, settings: object, now: number) => {
    const values = { settings: JSON.stringify(settings), changed_at: now };
    await db
      .insertInto('notification_definition')
      .values({ kind, id, ...values })
      .onConflict((c) => c.columns(['kind', 'id']).doUpdateSet(values))
      .execute();
  },

  /** Does nothing if the definition is no longer as it was. */
  replace: async (db: NotificationDb, kind: Kind, former: object, settings: object) => {
    const { id } = former as { id?: unknown };
    await db
      .updateTable('notification_definition')
      .set({ settings: JSON.stringify(settings) })
      .where('kind', '=', kind)
      .where('id', '=', String(id))
      .where('settings', '=', JSON.stringify(former))
      .execute();
  },

  remove: async (db: NotificationDb, kind: Kind, id: string): Promise<boolean> => {
    const { numDeletedRows } = await db
      .deleteFrom('notification_definition')
      .where('kind', '=', kind)
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  },
};
