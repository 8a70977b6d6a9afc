import { dirname, join } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { plausibleAccess } from '../../core/access/tables.js';
import { mendImages, plausibleImages } from '../../core/images/salvaged-images.js';
import { plausibleNotifications } from '../../core/notifications/tables.js';
import { isJson, isUuid } from '../../core/store/salvage/plausible.js';
import type { SalvagePlan, TableLoss } from '../../core/store/salvage/salvage-database.js';
import { relayMigrations } from './migrations.js';
import { mendDeliveries } from './salvaged-deliveries.js';

/** How the relay's SQLite database is repaired. */
export const relaySalvagePlan: SalvagePlan = {
  migrations: relayMigrations,
  plausible: {
    ...plausibleImages,
    ...plausibleAccess,
    ...plausibleNotifications,
    summary: ({ epoch, seq, payload }) => isUuid(epoch) && Number(seq) > 0 && isJson(payload),
    sighted_label: ({ snapshot }) => isUuid(snapshot),
    ledger: ({ epoch, ahead }) => isUuid(epoch) && (ahead === undefined || isJson(ahead)),
    absence: ({ epoch }) => isUuid(epoch),
  },
  mend: mendRelay,
};

/** Uploads whose time of expiry is lost are kept for so long from when they were made. */
const UPLOAD_LIFETIME_MS = 3_600_000;

function mendRelay(sqlite: Sqlite.Database, losses: readonly TableLoss[], file: string): string[] {
  const folder = join(dirname(file), 'images');
  const adoption = { folder, camera: null, lifetimeMs: UPLOAD_LIFETIME_MS };
  return [...mendImages(sqlite, losses, adoption), ...mendDeliveries(sqlite, losses)];
}
