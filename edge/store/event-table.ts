import type { Generated, Kysely } from 'kysely';
import { jsonObject } from '../../core/contract/json-object.js';
import type { SightingEvent } from '../../core/contract/sighting.js';

/** An event as it is stored: what depends on the address of the appliance is added when it is read. */
export interface StoredEvent extends Omit<SightingEvent, 'picture'> {
  /** Present if the best picture could not be stored. */
  pictureStored?: false;
}

export interface EventTables {
  site_event: { seq: Generated<number>; payload: string };
}

export interface NumberedEvent {
  seq: number;
  /** Undefined if damage has made it unreadable. */
  event: StoredEvent | undefined;
}

type Db = Kysely<EventTables>;

/** The log of events. Numbers rise by one and are never reused, so a client can resume after the last one it has. */
export const eventTable = {
  append: async (db: Db, events: readonly StoredEvent[]): Promise<void> => {
    if (events.length === 0) return;
    await db
      .insertInto('site_event')
      .values(events.map((event) => ({ payload: JSON.stringify(event) })))
      .execute();
  },

  after: async (db: Db, seq: number, limit: number): Promise<NumberedEvent[]> => {
    const rows = await db
      .selectFrom('site_event')
      .selectAll()
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      seq: row.seq,
      event: jsonObject(row.payload) as StoredEvent | undefined,
    }));
  },

  /** The numbers of the oldest and the newest event; both 0 if there is none. */
  range: async (db: Db): Promise<{ first: number; last: number }> => {
    const { first, last } = await db
      .selectFrom('site_event')
      .select((q) => [
        q.fn.min<number | null>('seq').as('first'),
        q.fn.max<number | null>('seq').as('last'),
      ])
      .executeTakeFirstOrThrow();
    return { first: first ?? 0, last: last ?? 0 };
  },

  /** Keeps the newest `count`. Returns how many were removed. */
  keepNewest: async (db: Db, count: number): Promise<number> => {
    const { last } = await eventTable.range(db);
    const { numDeletedRows } = await db
      .deleteFrom('site_event')
      .where('seq', '<=', last - count)
      .executeTakeFirst();
    return Number(numDeletedRows);
  },
};
