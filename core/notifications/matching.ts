import type { NotificationRule } from '../contract/notification.js';
import type { Happening } from '../contract/notification-delivery.js';
import { isOpen } from '../runtime/schedule/time-windows.js';

/** Whether a rule is about something, whatever the time. What a rule names has to be known of the happening. */
export function isAbout(rule: NotificationRule, happening: Happening): boolean {
  const { site, camera, label, zones, confidence } = happening;
  return (
    isAmong(rule.sites, site) &&
    isAmong(rule.cameras, camera) &&
    isAmong(rule.labels, label) &&
    (rule.zones.length === 0 || rule.zones.some((zone) => zones.includes(zone))) &&
    (rule.minConfidence === undefined || (confidence ?? 0) >= rule.minConfidence)
  );
}

const isAmong = (wanted: readonly string[], name: string | null): boolean =>
  wanted.length === 0 || (name !== null && wanted.includes(name));

/** Whether a rule sends messages at a time, in milliseconds since the epoch. */
export const isDue = (rule: NotificationRule, at: number): boolean => isOpen(rule.windows, at);
