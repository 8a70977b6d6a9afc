import type { TokenTables } from '../../core/http/token-table.js';
import type { ImageTables } from '../../core/images/tables.js';
import type { AnnouncedTables } from './announced-table.js';
import type { EventTables } from './event-table.js';
import type { OutboxTables } from './outbox-tables.js';
import type { SightingTables } from './sighting-table.js';

export type EdgeTables = ImageTables &
  TokenTables &
  OutboxTables &
  SightingTables &
  EventTables &
  AnnouncedTables;
