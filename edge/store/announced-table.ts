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
    /** How the camera was announced: a number of `announcedForms`. */
    own_topic: number;
  };
}

export type Components = Record<string, DiscoveryPlatform>;

/**
 * How versions announced a camera: in the message of the appliance (0), in a message of its own about the appliance's device
 * (1), and now as a device of its own (2).
 */
const announcedForms = ['in-appliance', 'own-topic', 'own-device'] as const;
export type AnnouncedForm = (typeof announcedForms)[number];

export interface AnnouncedCamera {
  components: Components;
  form: AnnouncedForm;
}

/** Stands for the appliance's own components. No id of a camera contains an underscore. */
export const APPLIANCE = '_appliance';

type Db = Kysely<AnnouncedTables>;

/** What was announced to a broker, so that its retained messages can be removed with a camera. */
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
          form: announcedForms[row.own_topic] ?? 'own-device',
        },
      ]),
    );
  },

  put: (db: Db, connection: string, camera: string, { components, form }: AnnouncedCamera) => {
    const own_topic = announcedForms.indexOf(form);
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
