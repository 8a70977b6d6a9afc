import { type Insertable, type Kysely, sql } from 'kysely';
import type { DeliveryQuery } from '../contract/notification-delivery.js';
import { isPostgres } from '../store/dialect.js';
import type { DeliveryColumns, DeliveryRow, NotificationDb, NotificationTables } from './tables.js';

/** How many messages wait, and how large they are. */
export interface Backlog {
  rows: number;
  bytes: number;
}

const EMPTY: Backlog = { rows: 0, bytes: 0 };

const waiting = (db: NotificationDb) =>
  db.selectFrom('notification_delivery').where('state', '=', 'waiting');

/** The queue of messages, and those that ended. */
export const deliveryTable = {
  insert: async (db: NotificationDb, row: Insertable<DeliveryColumns>): Promise<void> => {
    await db.insertInto('notification_delivery').values(row).execute();
  },

  /** By way. */
  backlogs: async (db: NotificationDb): Promise<Map<string, Backlog>> => {
    const rows = await waiting(db)
      .groupBy('way')
      .select((q) => [
        'way',
        q.fn.countAll<number>().as('rows'),
        q.fn.sum<number>('bytes').as('bytes'),
      ])
      .execute();
    return new Map(
      rows.map(({ way, ...sums }) => [way, { rows: Number(sums.rows), bytes: Number(sums.bytes) }]),
    );
  },

  backlogOf: async (db: NotificationDb, way: string): Promise<Backlog> =>
    (await deliveryTable.backlogs(db)).get(way) ?? EMPTY,

  /** The oldest of a way that nobody is sending, for the bounds of the queue. */
  oldest: (db: NotificationDb, way: string, now: number, limit: number): Promise<DeliveryRow[]> =>
    waiting(db)
      .selectAll()
      .where('way', '=', way)
      .where('claimed_until', '<=', now)
      .orderBy('seq')
      .limit(limit)
      .execute(),

  /** Queued before a time, and waiting since. */
  queuedBefore: (db: NotificationDb, before: number, limit: number): Promise<DeliveryRow[]> =>
    waiting(db).selectAll().where('queued_due', '<', before).orderBy('seq').limit(limit).execute(),

  /** Takes the next message of a way for one process; others pass over it until the claim ends. */
  claim: (
    db: Kysely<NotificationTables>,
    way: string,
    now: number,
    until: number,
  ): Promise<DeliveryRow | undefined> =>
    db.transaction().execute(async (trx) => {
      const row = await waiting(trx)
        .selectAll()
        .where('way', '=', way)
        .where('next_due', '<=', now)
        .where('claimed_until', '<=', now)
        .orderBy('seq')
        .limit(1)
        .$if(isPostgres(trx), (q) => q.forUpdate().skipLocked())
        .executeTakeFirst();
      if (row) await deliveryTable.update(trx, row.id, { claimed_until: until });
      return row;
    }),

  update: async (
    db: NotificationDb,
    id: string,
    values: Partial<Omit<DeliveryColumns, 'seq' | 'id'>>,
  ): Promise<boolean> => {
    const { numUpdatedRows } = await db
      .updateTable('notification_delivery')
      .set(values)
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    return numUpdatedRows > 0n;
  },

  /** For the start of the only process that sends: the claims of the one before are void. */
  endClaims: (db: NotificationDb) =>
    db
      .updateTable('notification_delivery')
      .set({ claimed_until: 0 })
      .where('claimed_until', '>', 0)
      .execute(),

  find: (db: NotificationDb, id: string): Promise<DeliveryRow | undefined> =>
    db.selectFrom('notification_delivery').selectAll().where('id', '=', id).executeTakeFirst(),

  remove: async (db: NotificationDb, id: string): Promise<void> => {
    await db.deleteFrom('notification_delivery').where('id', '=', id).execute();
  },

  /** Newest first. */
  page: (
    db: NotificationDb,
    { state, way, rule, limit, after }: DeliveryQuery,
  ): Promise<DeliveryRow[]> =>
    db
      .selectFrom('notification_delivery')
      .selectAll()
      .$if(state !== undefined, (q) => q.where('state', '=', state ?? 'waiting'))
      .$if(way !== undefined, (q) => q.where('way', '=', way ?? ''))
      .$if(rule !== undefined, (q) => q.where('rule', '=', rule ?? ''))
      .$if(after !== undefined, (q) => q.where('seq', '<', Number(after)))
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute(),

  /** Removes what has ended and is not among the newest `keep`, or was created before a time. */
  trimHistory: async (db: NotificationDb, keep: number, before: number): Promise<void> => {
    const ended = sql<number>`(
      select coalesce(min(seq), 0) from (
        select seq from notification_delivery where state <> 'waiting' order by seq desc limit ${keep}
      ) as kept)`;
    await db
      .deleteFrom('notification_delivery')
      .where('state', '<>', 'waiting')
      .where((where) => where.or([where('seq', '<', ended), where('created_at', '<', before)]))
      .execute();
  },

  /** When the last message of each rule was queued. */
  lastOfRules: async (db: NotificationDb): Promise<Map<string, number>> => {
    const rows = await db
      .selectFrom('notification_delivery')
      .groupBy('rule')
      .select((q) => ['rule', q.fn.max<number>('created_at').as('at')])
      .execute();
    return new Map(rows.map(({ rule, at }) => [rule, Number(at)]));
  },
};
