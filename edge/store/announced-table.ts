import type { Kysely } from 'kysely';
import type { DiscoveryPlatform } from '../../core/contract/discovery.js';
import { jsonObject } from '../../core/contract/json-object.js';

export interface AnnouncedTables {
  announced: {
    /** The broker: `lan` or `relay`. */
    connection: string;
    camera: string;
    /** Home Assistant's components of the camera with their platforms, as JSON. */
    components: string;
    /** 1 if the camera was announced in a topic of its own, 0 if in the message of the appliance. */
    own_topic: number;
  };
}

export type Components = Record<string, DiscoveryPlatform>;

export interface AnnouncedCamera {
  components: Components;
  hasOwnTopic: boolean;
}

type Db = Kysely<AnnouncedTables>;

/** The cameras that were announced to a broker, so that its retained messages can be removed with a camera. */
export const announcedTable = {
  of: async (db: Db, connection: string): Promise<Map<string, AnnouncedCamera>> => {
    const rows = await db
      .selectFrom('announced')
      .select(['camera', 'components', 'own_topic'])
      .where('connection', '=', connection)
      .execute();
    return new Map(
      rows.map((row) => [
        row.camera,
        {
          components: (jsonObject(row.components) ?? {}) as Components,
          hasOwnTopic: row.own_topic !== 0,
        },
      ]),
    );
  },

  put: (
    db: Db,
    connection: string,
    camera: string,
    { components, hasOwnTopic }: AnnouncedCamera,
  ) => {
    const own_topic = hasOwnTopic ? 1 : 0;
    const row = { connection, camera, components: JSON.stringify(components), own_topic };
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
