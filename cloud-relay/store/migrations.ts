import { createTokenTable } from '../../core/http/token-table.js';
import { createImageTables } from '../../core/images/tables.js';
import type { Migrations } from '../../core/store/database.js';
import { deliveryMigration } from './delivery-migration.js';

/** Every change of the relay's schema, oldest first. A migration that has been released never changes. */
export const relayMigrations: Migrations = {
  '0001_images': createImageTables,
  '0002_tokens': createTokenTable,
  '0003_delivery': deliveryMigration,
};
