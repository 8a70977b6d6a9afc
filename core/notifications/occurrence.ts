import type { NotificationRule } from '../contract/notification.js';
import type { Happening } from '../contract/notification-delivery.js';
import type { Trigger } from '../contract/notification-trigger.js';
import type { Transaction } from '../store/unit-of-work.js';

/** Something that happened once, or that a condition began or ended. */
export interface Occurrence {
  when: Trigger;
  /** What a cooldown is about: a camera, a site, or the condition itself. */
  subject: string;
  happening: Happening;
}

/** Where events come from that must not be lost: a log in the database with rising numbers. */
export interface EventLog {
  readonly name: string;
  /**
   * The events after a number, oldest first, in the transaction that notes how far they were read. Undefined for
   * `after`: where to begin, without events.
   */
  read(transaction: Transaction, after: number | undefined): Promise<EventPage>;
}

export interface EventPage {
  occurrences: Occurrence[];
  /** The number to read on from. */
  next: number;
  /** Events that were removed before they were read. */
  missed: number;
  hasMore: boolean;
}

/** The state of something that can be wrong. `unknown` changes nothing, e.g. while a camera starts. */
export interface Condition extends Occurrence {
  /** What it is the condition of, unique for the trigger. */
  id: string;
  state: 'problem' | 'ok' | 'unknown';
  /** The text of the message once it has ended. */
  recovered: string;
}

/** Where conditions come from. It knows what the rule asks for: a threshold, a time. */
export interface ConditionSource {
  readonly when: Trigger;
  /** How long a problem has to last before it is reported, if the rule does not say; the source may measure it itself. */
  readonly afterMinutes: number;
  /** What became of a condition that is no longer listed; without it, it was removed and nobody is told. */
  absent?(happening: Happening): 'ended' | 'unknown' | 'removed';
  /** Time without the problem after which it has ended. */
  readonly holdMs: number;
  /** Whether `afterMinutes` is measured by the source. */
  readonly measuresTime?: boolean;
  conditions(rule: NotificationRule): Promise<Condition[]>;
}

export const noHappening = (at: string, text: string): Happening => ({
  at,
  text,
  site: null,
  camera: null,
  cameraName: null,
  label: null,
  zones: [],
  confidence: null,
  sighting: null,
  image: null,
});
