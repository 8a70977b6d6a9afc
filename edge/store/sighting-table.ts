import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { SightingFilter } from '../../core/contract/sighting.js';
import { type ClockEra, latestOf } from '../../core/runtime/clock-eras.js';
import { distinctValues } from '../../core/store/distinct-values.js';
import { limitByEra } from '../../core/store/era-limit.js';
import { earliestBegin, filterConditions, isServedByIndex, type Place } from './sighting-filter.js';
import type { SightingRow, SightingTables, TrackedRow } from './sighting-row.js';
import { inSlices, type TimeSlice } from './time-slices.js';

/** With the size of its best picture, if that is stored. */
export interface ListedRow extends SightingRow {
  picture_width: number | null;
  picture_height: number | null;
}

type Db = Kysely<SightingTables>;

/** A list in the order of `started_at`; by default the newest are first. */
export interface ListOptions {
  limit: number;
  after?: Place | undefined;
  oldestFirst?: boolean;
}

const whole = (db: Db) =>
  db
    .selectFrom('sighting')
    .selectAll()
    .select([pictureSide('width').as('picture_width'), pictureSide('height').as('picture_height')]);

const pictureSide = (side: 'width' | 'height') =>
  sql<number | null>`(
    select ${sql.ref(`blob.${side}`)} from image inner join blob on blob.sha256 = image.sha256
    where image.id = sighting.best_image
  )`;

/** A column that the tracker does not write keeps its default or what a mark has put there. */
const unmarked = {
  marked_at: null,
  marked_by: null,
  mark_note: null,
  picture_kept: 0,
  picture_expires_at: null,
};

export const sightingTable = {
  /** Inserts a sighting, or replaces what the tracker has written of it. */
  put: (db: Db, row: TrackedRow) =>
    db
      .insertInto('sighting')
      .values({ ...row, ...unmarked })
      .onConflict((c) => c.column('id').doUpdateSet(row))
      .execute(),

  open: (db: Db): Promise<SightingRow[]> =>
    db.selectFrom('sighting').selectAll().where('ended_at', 'is', null).orderBy('id').execute(),

  remove: (db: Db, id: string) => db.deleteFrom('sighting').where('id', '=', id).execute(),

  find: (db: Db, id: string): Promise<ListedRow | undefined> =>
    whole(db).where('id', '=', id).executeTakeFirst(),

  camera: async (db: Db, id: string): Promise<string | undefined> =>
    (await db.selectFrom('sighting').select('camera').where('id', '=', id).executeTakeFirst())
      ?.camera,

  /** Where a sighting is, or was, in the order of pages: without its row, by the time in its id. */
  place: async (db: Db, id: string): Promise<Place> =>
    (await db
      .selectFrom('sighting')
      .select(['started_at', 'id'])
      .where('id', '=', id)
      .executeTakeFirst()) ?? {
      started_at: Number.parseInt(id.replace(/-/g, '').slice(0, 12), 16),
      id,
    },

  /** The order is that of `started_at`: of live cameras that of the ids as well. */
  list: async (db: Db, filter: SightingFilter, options: ListOptions): Promise<ListedRow[]> => {
    const ids = await idsOf(db, filter, options);
    if (ids.length === 0) return [];
    const rows = await whole(db).where('id', 'in', ids).execute();
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  },

  /** How many there are; no more than `most` are counted. */
  count: async (db: Db, filter: SightingFilter, most: number): Promise<number> => {
    const { conditions, span } = await boundsOf(db, filter);
    let found = 0;
    await inSlices(span, false, async (slice) => {
      const { rows } = await sql<{ found: number }>`select count(*) as found from (
        select 1 from sighting where ${allOf([...conditions, ...within(slice)])} limit ${most - found}
      )`.execute(db);
      found += rows[0]?.found ?? 0;
      return found >= most;
    });
    return found;
  },

  cameras: (db: Db): Promise<string[]> => distinctValues(db, 'sighting', 'camera'),

  labels: (db: Db): Promise<string[]> => distinctValues(db, 'sighting', 'label'),

  /** Removes at most `limit` that ended before `ms` of the present clock. Returns how many. */
  removeEndedBefore: async (
    db: Db,
    ms: number,
    limit: number,
    eras: ClockEra[] = [],
  ): Promise<number> => {
    const { numDeletedRows } = await db
      .deleteFrom('sighting')
      .where('id', 'in', (q) =>
        q
          .selectFrom('sighting')
          .select('id')
          // The first condition is one that the index serves.
          .where('ended_at', '<', latestOf(ms, eras))
          .where('ended_at', '<', limitByEra('ended_at', ms, eras))
          .where('picture_kept', '=', 0)
          .limit(limit),
      )
      .executeTakeFirst();
    return Number(numDeletedRows);
  },
};

async function idsOf(
  db: Db,
  filter: SightingFilter,
  { limit, after, oldestFirst = false }: ListOptions,
): Promise<string[]> {
  const { conditions, span } = await boundsOf(db, filter, after && { after, oldestFirst });
  const ids: string[] = [];
  const read = async (slice: TimeSlice) => {
    const rows = await db
      .selectFrom('sighting')
      .select('id')
      .where(allOf([...conditions, ...within(slice)]))
      .orderBy('started_at', oldestFirst ? 'asc' : 'desc')
      .orderBy('id', oldestFirst ? 'asc' : 'desc')
      .limit(limit - ids.length)
      .execute();
    ids.push(...rows.map(({ id }) => id));
    return ids.length >= limit;
  };
  if (isServedByIndex(filter)) await read(span);
  else await inSlices(span, oldestFirst, read);
  return ids;
}

interface Cursor {
  after: Place;
  oldestFirst: boolean;
}

/** The conditions of a filter, and the time in which sightings may have begun that fulfil them. */
async function boundsOf(
  db: Db,
  filter: SightingFilter,
  cursor?: Cursor,
): Promise<{ conditions: RawBuilder<unknown>[]; span: TimeSlice }> {
  const { from, to } = filter;
  const stored = await spanOf(db);
  const begin = from === undefined ? stored.from : await earliestBegin(db, Date.parse(from));
  const end = to === undefined ? stored.to : Date.parse(to);
  const place = cursor?.after.started_at;
  const beyond = cursor?.oldestFirst ? sql`>` : sql`<`;
  return {
    span: {
      from: Math.max(stored.from, begin, (cursor?.oldestFirst && place) || begin),
      to: Math.min(stored.to, end, !cursor?.oldestFirst && place !== undefined ? place + 1 : end),
    },
    conditions: [
      ...filterConditions(filter),
      ...(from === undefined ? [] : [sql`(+ended_at is null or +ended_at >= ${Date.parse(from)})`]),
      ...(cursor ? [sql`(started_at, id) ${beyond} (${place}, ${cursor.after.id})`] : []),
    ],
  };
}

/** From the first sighting to the last. */
async function spanOf(db: Db): Promise<TimeSlice> {
  const { rows } = await sql<{ first: number | null; last: number | null }>`
    select (select min(started_at) from sighting) as first,
      (select max(started_at) from sighting) as last`.execute(db);
  const [{ first, last } = { first: null, last: null }] = rows;
  return { from: first ?? 0, to: (last ?? -1) + 1 };
}

const within = ({ from, to }: TimeSlice) => [sql`started_at >= ${from}`, sql`started_at < ${to}`];

const allOf = (conditions: RawBuilder<unknown>[]) =>
  sql<SqlBool>`${sql.join(conditions, sql` and `)}`;

/** Images that show an open sighting best: the condition for `ImageStore`, over its own table. */
export const isOfOpenSighting = sql<boolean>`exists (
  select 1 from sighting where sighting.best_image = image.id and sighting.ended_at is null
)`;

/** Images that are kept since a sighting was marked as wrong. */
export const isOfMarkedSighting = sql<boolean>`exists (
  select 1 from sighting where sighting.best_image = image.id and sighting.picture_kept = 1
)`;
