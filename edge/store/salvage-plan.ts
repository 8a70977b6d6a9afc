import { dirname, join } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { plausibleAccess } from '../../core/access/tables.js';
import { mendImages, plausibleImages } from '../../core/images/salvaged-images.js';
import { plausibleNotifications } from '../../core/notifications/tables.js';
import { isJson, isUuid } from '../../core/store/salvage/plausible.js';
import type { SalvagePlan, TableLoss } from '../../core/store/salvage/salvage-database.js';
import { edgeMigrations } from './migrations.js';
import { mendOutbox } from './salvaged-outbox.js';

/** How the appliance's database is repaired. */
export const edgeSalvagePlan: SalvagePlan = {
  migrations: edgeMigrations,
  plausible: {
    ...plausibleImages,
    ...plausibleAccess,
    ...plausibleNotifications,
    outbox: ({ payload, seq }) => Number(seq) > 0 && (payload === '' || isJson(payload)),
    outbox_acknowledged: ({ epoch, payload }) =>
      isUuid(epoch) && (payload === '' || isJson(payload)),
    outbox_state: ({ epoch }) => isUuid(epoch),
    sighting: ({ id, track, zones }) =>
      isUuid(id) && isJson(track) && (zones === undefined || isJson(zones)),
    sighting_hour: ({ hour, sightings }) => Number(hour) > 0 && Number(sightings) > 0,
    site_event: ({ payload }) => isJson(payload),
    announced: ({ components }) => isJson(components),
    managed_camera: ({ settings }) => isJson(settings),
    camera_revision: ({ settings, changes }) => isJson(settings) && isJson(changes),
  },
  mend: mendEdge,
};

async function mendEdge(
  sqlite: Sqlite.Database,
  losses: readonly TableLoss[],
  file: string,
): Promise<string[]> {
  const folder = join(dirname(file), 'images');
  return [
    ...mendImages(sqlite, losses, { folder, camera: 'recovered' }),
    ...(await mendOutbox(sqlite, losses, file)),
  ];
}
