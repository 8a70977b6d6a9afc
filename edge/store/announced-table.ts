import type { Kysely } from 'kysely';
import type { DiscoveryPlatform } from '../../core/contract/discovery.js';

export interface AnnouncedTables {
  announced: {
    /** The broker: `lan` or `relay`. */
    connection: string;
    camera: string;
    /** Home Assistant's components of the camera with their platforms, as JSON. */
    components: string;
  };
}

export type Components = Record<string, DiscoveryPlatform>;

type Db = Kysely<AnnouncedTables>;

/** The cameras that were announced to a broker, so that its retained messages can be removed with a camera. */
export const announcedTable = {
  of: async (db: Db, connection: string): Promise<Map<string, Components>> => {
    const rows = await db
      .selectFrom('announced')
      .select(['camera', 'components'])
      .where('connection', '=', connection)
      .execute();
    return new Map(rows.map((row) => [row.camera, JSON.parse(row.components) as Components]));
  },

  put: (db: Db, connection: string, camera: string, components: Components) => {
    const row = { connection, camera, components: JSON.stringify(components) };
    return db
      .insertInto('announced')
      .values(row)
      .onConflict((c) => c.columns(['connection', 'camera']).doUpdateSet(row))
      .execute();
  },

  remove: (db: Db, connection: string, camera: string) =>
    db
      .deleteFrom('announced')
      .where('connection', '=', connection)
      .where('camera', '=', camera)
      .execute(),
};
