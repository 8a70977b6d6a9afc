import { type Kysely, sql } from 'kysely';
import type { SightingQuery } from '../../core/contract/sighting.js';
import { type ClockEra, latestOf } from '../../core/runtime/clock-eras.js';
import { distinctValues } from '../../core/store/distinct-values.js';
import { limitByEra } from '../../core/store/era-limit.js';

export interface SightingRow {
  id: string;
  camera: string;
  label: string;
  state: 'present' | 'static' | 'left';
  started_at: number;
  last_seen_at: number;
  /** null while the object is present. */
  ended_at: number | null;
  best_image: string;
  /** The state of the tracker for this object, as JSON. */
  track: string;
}

export interface SightingTables {
  sighting: SightingRow;
}

type Db = Kysely<SightingTables>;

export const sightingTable = {
  /** Inserts or replaces a sighting. */
  put: (db: Db, row: SightingRow) =>
    db
      .insertInto('sighting')
      .values(row)
      .onConflict((c) => c.column('id').doUpdateSet(row))
      .execute(),

  open: (db: Db): Promise<SightingRow[]> =>
    db.selectFrom('sighting').selectAll().where('ended_at', 'is', null).orderBy('id').execute(),

  find: (db: Db, id: string): Promise<SightingRow | undefined> =>
    db.selectFrom('sighting').selectAll().where('id', '=', id).executeTakeFirst(),

  remove: (db: Db, id: string) => db.deleteFrom('sighting').where('id', '=', id).execute(),

  /** Newest first; ids are in the order of time. */
  list: (db: Db, query: SightingQuery): Promise<SightingRow[]> =>
    db
      .selectFrom('sighting')
      .selectAll()
      .$if(query.after !== undefined, (q) => q.where('id', '<', query.after ?? ''))
      .$if(query.camera !== undefined, (q) => q.where('camera', '=', query.camera ?? ''))
      .$if(query.label !== undefined, (q) => q.where('label', '=', query.label ?? ''))
      .$if(query.state !== undefined, (q) => q.where('state', '=', query.state ?? 'left'))
      .$if(query.from !== undefined, (q) =>
        q.where((e) =>
          e.or([e('ended_at', 'is', null), e('ended_at', '>=', Date.parse(query.from ?? ''))]),
        ),
      )
      .$if(query.to !== undefined, (q) => q.where('started_at', '<', Date.parse(query.to ?? '')))
      .orderBy('id', 'desc')
      .limit(query.limit)
      .execute(),

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
          .limit(limit),
      )
      .executeTakeFirst();
    return Number(numDeletedRows);
  },
};

/** Images that show an open sighting best: the condition for `ImageStore`, over its own table. */
export const isOfOpenSighting = sql<boolean>`exists (
  select 1 from sighting where sighting.best_image = image.id and sighting.ended_at is null
)`;
