import type { AccessTables } from '../../core/access/tables.js';
import type { ImageTables } from '../../core/images/tables.js';
import type { NotificationTables } from '../../core/notifications/tables.js';
import { tableSet } from '../../core/store/table-set.js';
import type { AnnouncedTables } from './announced-table.js';
import type { EventTables } from './event-table.js';
import type { ManagedCameraTables } from './managed-camera-table.js';
import type { OutboxTables } from './outbox-tables.js';
import type { SightingHourTables } from './sighting-hour-table.js';
import type { SightingTables } from './sighting-row.js';

export type EdgeTables = ImageTables &
  AccessTables &
  OutboxTables &
  SightingTables &
  SightingHourTables &
  EventTables &
  NotificationTables &
  AnnouncedTables &
  ManagedCameraTables;

export const outboxTables = tableSet<OutboxTables>({
  outbox: true,
  outbox_state: true,
  outbox_hour: true,
  outbox_refused: true,
  outbox_acknowledged: true,
});

export const sightingTables = tableSet<SightingTables & SightingHourTables & EventTables>({
  sighting: true,
  sighting_hour: true,
  site_event: true,
});

export const totalTables = tableSet<SightingHourTables>({ sighting_hour: true });

export const eventTables = tableSet<EventTables>({ site_event: true });

export const announcedTables = tableSet<AnnouncedTables>({ announced: true });

export const managedCameraTables = tableSet<ManagedCameraTables>({
  managed_camera: true,
  camera_revision: true,
});
