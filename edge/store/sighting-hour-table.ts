import { type Kysely, sql } from 'kysely';

/** How many sightings of a label appeared at a camera, by the hour (UTC) in which they began. */
export interface SightingHourRow {
  /** Hours since the Unix epoch. */
  hour: number;
  camera: string;
  label: string;
  sightings: number;
}

export interface SightingHourTables {
  sighting_hour: SightingHourRow;
}

type Db = Kysely<SightingHourTables>;

export const HOUR_MS = 3_600_000;

/** Limit on the rows: 30 cameras with 4 labels each, in every hour of 13 months, have 1.2 million. */
export const MAX_HOUR_ROWS = 1_500_000;

export interface HourQuery {
  /** Hours since the epoch, the second excluded. */
  from: number;
  to: number;
  camera?: readonly string[] | undefined;
  label?: readonly string[] | undefined;
}

export const sightingHourTable = {
  /** Counts sightings that appeared. */
  count: async (db: Db, camera: string, appeared: { label: string; startedAt: number }[]) => {
    for (const { label, startedAt } of appeared)
      await db
        .insertInto('sighting_hour')
        .values({ hour: Math.floor(startedAt / HOUR_MS), camera, label, sightings: 1 })
        .onConflict((c) =>
          c
            .columns(['hour', 'camera', 'label'])
            .doUpdateSet({ sightings: sql`sighting_hour.sightings + 1` }),
        )
        .execute();
  },

  /** Oldest first, at most `limit`. */
  list: (
    db: Db,
    { from, to, camera, label }: HourQuery,
    limit: number,
  ): Promise<SightingHourRow[]> =>
    db
      .selectFrom('sighting_hour')
      .selectAll()
      .where('hour', '>=', from)
      .where('hour', '<', to)
      .$if(camera !== undefined, (q) => q.where('camera', 'in', camera ?? []))
      .$if(label !== undefined, (q) => q.where('label', 'in', label ?? []))
      .orderBy('hour')
      .orderBy('camera')
      .orderBy('label')
      .limit(limit)
      .execute(),

  /** The first and the last hour that have rows; undefined without any. */
  span: async (db: Db): Promise<{ first: number; last: number } | undefined> => {
    const { rows } = await sql<{ first: number | null; last: number | null }>`
      select (select min(hour) from sighting_hour) as first,
        (select max(hour) from sighting_hour) as last`.execute(db);
    const [{ first, last } = { first: null, last: null }] = rows;
    return first === null || last === null ? undefined : { first, last };
  },

  /** Removes at most `limit` hours' rows: older ones, and the oldest beyond `maxRows`. Returns how many. */
  removeOld: async (db: Db, before: number, maxRows: number, limit: number): Promise<number> => {
    const { rows } = await db
      .selectFrom('sighting_hour')
      .select((q) => q.fn.countAll<number>().as('rows'))
      .executeTakeFirstOrThrow();
    const excess = Math.min(limit, Math.max(0, rows - maxRows));
    const old = await sql`delete from sighting_hour where (hour, camera, label) in (
      select hour, camera, label from sighting_hour where hour < ${before} limit ${limit}
    )`.execute(db);
    const aged = Number(old.numAffectedRows ?? 0);
    if (aged >= excess) return aged;
    const spare = await sql`delete from sighting_hour where (hour, camera, label) in (
      select hour, camera, label from sighting_hour order by hour limit ${excess - aged}
    )`.execute(db);
    return aged + Number(spare.numAffectedRows ?? 0);
  },
};
