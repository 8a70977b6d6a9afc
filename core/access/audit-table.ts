import type { Insertable } from 'kysely';
import type { AuditAction } from '../contract/access.js';
import type { AuditClass } from './audit-classes.js';
import type { AccessDb, AuditColumns, AuditRow } from './tables.js';

export type NewAuditRow = Insertable<AuditColumns>;

export interface AuditFilter {
  /** Only entries before this one. */
  before?: number | undefined;
  action?: AuditAction | undefined;
  actor?: string | undefined;
  limit: number;
}

/** The audit log. Numbers rise, and the newest entry has the highest one, whatever the clock shows. */
export const auditTable = {
  insert: async (db: AccessDb, row: NewAuditRow): Promise<number> => {
    const { seq } = await db
      .insertInto('audit_entry')
      .values(row)
      .returning('seq')
      .executeTakeFirstOrThrow();
    return seq;
  },

  /** False if the entry is no longer there. */
  repeat: async (db: AccessDb, seq: number, count: number, lastAt: number): Promise<boolean> => {
    const { numUpdatedRows } = await db
      .updateTable('audit_entry')
      .set((q) => ({ count: q('count', '+', count), last_at: lastAt }))
      .where('seq', '=', seq)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  },

  page: (db: AccessDb, { before, action, actor, limit }: AuditFilter): Promise<AuditRow[]> =>
    db
      .selectFrom('audit_entry')
      .selectAll()
      .$if(before !== undefined, (q) => q.where('seq', '<', before ?? 0))
      .$if(action !== undefined, (q) => q.where('action', '=', action ?? 'log_in'))
      .$if(actor !== undefined, (q) => q.where('actor', '=', actor ?? ''))
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute(),

  /** Entries of an action that were recorded, or repeated, after a time; at most 1,000. */
  since: (db: AccessDb, action: AuditAction, at: number): Promise<AuditRow[]> =>
    db
      .selectFrom('audit_entry')
      .selectAll()
      .where('action', '=', action)
      .where('last_at', '>', at)
      .orderBy('seq', 'desc')
      .limit(1_000)
      .execute(),

  /** Keeps the newest `count` of a class. */
  keepNewest: async (db: AccessDb, name: AuditClass, count: number): Promise<void> => {
    const last = await db
      .selectFrom('audit_entry')
      .select('seq')
      .where('class', '=', name)
      .orderBy('seq', 'desc')
      .offset(count)
      .limit(1)
      .executeTakeFirst();
    if (last)
      await db
        .deleteFrom('audit_entry')
        .where('class', '=', name)
        .where('seq', '<=', last.seq)
        .execute();
  },

  removeBefore: (db: AccessDb, at: number) =>
    db.deleteFrom('audit_entry').where('last_at', '<', at).execute(),
};
