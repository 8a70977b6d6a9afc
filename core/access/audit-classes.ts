import type { AuditAction } from '../contract/access.js';

/** Entries of one class share a budget of rows, so that a flood of one class leaves the others as they are. */
export type AuditClass = 'changes' | 'sign_ons' | 'refusals' | 'activity';

export const MAX_ROWS: Record<AuditClass, number> = {
  changes: 10_000,
  sign_ons: 5_000,
  refusals: 2_000,
  activity: 2_000,
};

const CLASSES: Partial<Record<AuditAction, AuditClass>> = {
  log_in: 'sign_ons',
  log_out: 'sign_ons',
  log_in_refused: 'refusals',
  token_refused: 'refusals',
  proxy_refused: 'refusals',
  role_refused: 'refusals',
  camera_paused: 'activity',
  camera_resumed: 'activity',
  image_removed: 'activity',
  sighting_marked: 'activity',
  notification_tested: 'activity',
  notification_retried: 'activity',
  notification_removed: 'activity',
  upgrade_looked_for: 'activity',
};

export const classOf = (action: AuditAction): AuditClass => CLASSES[action] ?? 'changes';

/** What many clients may do as often as they like: repetitions become one entry with a count. */
export const isCollapsed = (action: AuditAction): boolean =>
  ['refusals', 'activity'].includes(classOf(action));
