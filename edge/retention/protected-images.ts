import { sql } from 'kysely';
import type { ProtectedImages } from '../../core/images/image-table.js';
import type { EdgeConfig } from '../config.js';
import { isUnacknowledged } from '../store/outbox-tables.js';
import { isOfMarkedSighting, isOfOpenSighting } from '../store/sighting-table.js';

/**
 * The images that are never removed, however old they are and however full the disk: the condition for `ImageStore`. If
 * nothing is reported over MQTT, nothing acknowledges the outbox, so it protects no image.
 */
export const protectedImages = ({ mqtt }: Pick<EdgeConfig, 'mqtt'>): ProtectedImages =>
  mqtt
    ? sql<boolean>`(${isOfOpenSighting} or ${isOfMarkedSighting} or ${isUnacknowledged})`
    : sql<boolean>`(${isOfOpenSighting} or ${isOfMarkedSighting})`;
