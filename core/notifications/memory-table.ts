import { jsonObject } from '../contract/json-object.js';
import { isPostgres } from '../store/dialect.js';
import type { MemoryKind, NotificationDb } from './tables.js';

interface Key {
  rule: string;
  kind: MemoryKind;
  subject: string;
}

/** What the rules remember over a restart, as JSON objects. Within a transaction, a row that was read stays locked. */
export const memoryTable = {
  /** Undefined if there is none, or damage has made it unreadable. */
  get: async <T extends object>(db: NotificationDb, key: Key): Promise<T | undefined> => {
    const row = await db
      .selectFrom('notification_memory')
      .select('value')
      .where('rule', '=', key.rule)
      .where('kind', '=', key.kind)
      .where('subject', '=', key.subject)
      .$if(isPostgres(db) && db.isTransaction, (q) => q.forUpdate())
      .executeTakeFirst();
    return row && (jsonObject(row.value) as T | undefined);
  },

  /** Of one rule and kind, by subject; of every rule with `rule` undefined. */
  all: async <T extends object>(
    db: NotificationDb,
    kind: MemoryKind,
    rule?: string,
  ): Promise<{ rule: string; subject: string; value: T }[]> => {
    const rows = await db
      .selectFrom('notification_memory')
      .selectAll()
      .where('kind', '=', kind)
      .$if(rule !== undefined, (q) => q.where('rule', '=', rule ?? ''))
      .execute();
    return rows.flatMap(({ rule: of, subject, value }) => {
      const read = jsonObject(value) as T | undefined;
      return read ? [{ rule: of, subject, value: read }] : [];
    });
  },

  put: async (db: NotificationDb, key: Key, content: object): Promise<void> => {
    const value = JSON.stringify(content);
    await db
      .insertInto('notification_memory')
      .values({ ...key, value })
      .onConflict((c) => c.columns(['rule', 'kind', 'subject']).doUpdateSet({ value }))
      .execute();
  },

  remove: (db: NotificationDb, { rule, kind, subject }: Key) =>
    db
      .deleteFrom('notification_memory')
      .where('rule', '=', rule)
      .where('kind', '=', kind)
      .where('subject', '=', subject)
      .execute(),

  forgetRule: (db: NotificationDb, rule: string) =>
    db.deleteFrom('notification_memory').where('rule', '=', rule).execute(),
};
