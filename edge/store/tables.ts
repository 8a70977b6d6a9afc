import type { TokenTables } from '../../core/http/token-table.js';
import type { ImageTables } from '../../core/images/tables.js';
import type { OutboxTables } from './outbox.js';

export type EdgeTables = ImageTables & TokenTables & OutboxTables;
