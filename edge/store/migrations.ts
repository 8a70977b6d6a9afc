import { accessMigration } from '../../core/access/access-migration.js';
import { createTokenTable } from '../../core/access/token-table.js';
import { createImageLabelTable } from '../../core/images/image-label-table.js';
import { createImageTables } from '../../core/images/tables.js';
import { notificationMigration } from '../../core/notifications/notification-migration.js';
import { notificationSecretsMigration } from '../../core/notifications/notification-secrets-migration.js';
import type { Migrations } from '../../core/store/database.js';
import { announcedTopicMigration } from './announced-topic-migration.js';
import { managedCamerasMigration } from './managed-cameras-migration.js';
import { outboxBudgetMigration } from './outbox-budget-migration.js';
import { outboxImageMigration } from './outbox-image-migration.js';
import { outboxMarksMigration } from './outbox-marks-migration.js';
import { outboxMigration } from './outbox-migration.js';
import { sightingIndexMigration } from './sighting-index-migration.js';
import { sightingViewsMigration } from './sighting-views-migration.js';
import { sightingsMigration } from './sightings-migration.js';

/** Every change of the appliance's schema, oldest first. A migration that has been released never changes. */
export const edgeMigrations: Migrations = {
  '0001_images': createImageTables,
  '0002_tokens': createTokenTable,
  '0003_outbox': outboxMigration,
  '0004_outbox_budget': outboxBudgetMigration,
  '0005_sightings': sightingsMigration,
  '0006_image_labels': createImageLabelTable,
  '0007_outbox_image': outboxImageMigration,
  '0008_outbox_marks': outboxMarksMigration,
  '0009_announced_topic': announcedTopicMigration,
  '0010_access': accessMigration,
  '0013_sighting_indexes': sightingIndexMigration,
  '0014_managed_cameras': managedCamerasMigration,
  '0015_notifications': notificationMigration,
  '0016_sighting_views': sightingViewsMigration,
  '0017_notification_secrets': notificationSecretsMigration,
};
