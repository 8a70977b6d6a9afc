import { accessMigration } from '../../core/access/access-migration.js';
import { createTokenTable } from '../../core/access/token-table.js';
import { createBlobLeaseTable } from '../../core/images/blob-lease-table.js';
import { createImageLabelTable } from '../../core/images/image-label-table.js';
import { createImageTables } from '../../core/images/tables.js';
import { notificationMigration } from '../../core/notifications/notification-migration.js';
import { notificationSecretsMigration } from '../../core/notifications/notification-secrets-migration.js';
import type { Migrations } from '../../core/store/database.js';
import { cameraIndexMigration } from './camera-index-migration.js';
import { deliveryMarksMigration } from './delivery-marks-migration.js';
import { deliveryMigration } from './delivery-migration.js';
import { demoTotalMigration } from './demo-total-migration.js';
import { enrolmentMigration } from './enrolment-migration.js';
import { ledgerMigration } from './ledger-migration.js';
import { siteBudgetMigration } from './site-budget-migration.js';

const firstDeliveryMigrations: Migrations = {
  '0003_delivery': deliveryMigration,
  '0004_ledger': ledgerMigration,
};
const laterDeliveryMigrations: Migrations = {
  '0008_delivery_marks': deliveryMarksMigration,
  '0009_site_budgets': siteBudgetMigration,
};

const enrolmentMigrations: Migrations = {
  '0011_enrolment': enrolmentMigration,
};

/** The relay's own tables. A migration that has been released never changes. */
export const deliveryMigrations: Migrations = {
  ...firstDeliveryMigrations,
  ...laterDeliveryMigrations,
  ...enrolmentMigrations,
};

/** Every change of the relay's schema, oldest first. */
export const relayMigrations: Migrations = {
  '0001_images': createImageTables,
  '0002_tokens': createTokenTable,
  ...firstDeliveryMigrations,
  '0005_blob_leases': createBlobLeaseTable,
  '0006_summaries_by_camera': cameraIndexMigration,
  '0007_image_labels': createImageLabelTable,
  ...laterDeliveryMigrations,
  '0010_access': accessMigration,
  ...enrolmentMigrations,
  '0012_notifications': notificationMigration,
  '0013_demo_totals': demoTotalMigration,
  '0014_notification_secrets': notificationSecretsMigration,
};
