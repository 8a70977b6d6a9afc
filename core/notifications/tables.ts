import type { Generated, Kysely, Selectable } from 'kysely';
import type { DeliveryState } from '../contract/notification-delivery.js';
import { isJson, isText, isUuid } from '../store/salvage/plausible.js';
import type { SalvagePlan } from '../store/salvage/salvage-database.js';
import { tableSet } from '../store/table-set.js';

/** Times are milliseconds: `*_at` of the wall clock since the Unix epoch, `*_due` and `*_until` of the queue's clock. */
export interface NotificationTables {
  notification_definition: DefinitionRow;
  notification_way_state: WayStateRow;
  notification_delivery: DeliveryColumns;
  notification_memory: MemoryRow;
  notification_total: TotalRow;
}

export type NotificationDb = Kysely<NotificationTables>;

export const notificationTables = tableSet<NotificationTables>({
  notification_definition: true,
  notification_way_state: true,
  notification_delivery: true,
  notification_memory: true,
  notification_total: true,
});

/** What the rows look like, for a database that is damaged. */
export const plausibleNotifications: NonNullable<SalvagePlan['plausible']> = {
  notification_definition: ({ kind, settings }) => isText(kind, /^(rule|way)$/) && isJson(settings),
  notification_delivery: ({ id, state, message }) =>
    isUuid(id) && isText(state, /^(waiting|delivered|dropped)$/) && isJson(message),
  notification_memory: ({ value }) => isJson(value),
};

/** A rule or a way that the API manages, as JSON. In place of a secret it has what the `SecretKeeper` returned. */
export interface DefinitionRow {
  kind: 'rule' | 'way';
  id: string;
  settings: string;
  changed_at: number;
}

/** How a way does, whether the file declares it or the API. */
export interface WayStateRow {
  way: string;
  /** In a row. */
  failures: number;
  failing_since: number | null;
  /** Nothing is sent until then; 0 for at once. */
  paused_until: number;
  dropped: number;
  answered_at: number | null;
  /** 1 or 0. */
  answer_ok: number;
  answer: string | null;
}

export interface DeliveryColumns {
  seq: Generated<number>;
  id: string;
  way: string;
  rule: string;
  event: string;
  state: DeliveryState;
  created_at: number;
  /** When it was queued, by the queue's clock. */
  queued_due: number;
  /** When the next attempt is due. */
  next_due: number;
  attempts: number;
  /** A process that sends it has it until then; 0 for none. */
  claimed_until: number;
  /** The message without its picture, as JSON. */
  message: string;
  bytes: number;
  image: string | null;
  /** 1 if the receiver did not take the picture. */
  picture_refused: number;
  answered_at: number | null;
  answer_ok: number;
  answer: string | null;
}

export type DeliveryRow = Selectable<DeliveryColumns>;

/** What a rule remembers about a subject: a condition, a cooldown, what it collects. Also positions in event logs. */
export interface MemoryRow {
  rule: string;
  kind: MemoryKind;
  subject: string;
  value: string;
}
export type MemoryKind = 'condition' | 'cooldown' | 'group' | 'cursor' | 'lease' | 'last';

export interface TotalRow {
  name: 'delivered' | 'failed' | 'dropped' | 'missed';
  count: number;
}
