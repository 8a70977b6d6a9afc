import type { RuleResource } from '../../../core/contract/notification.js';
import type { Trigger } from '../../../core/contract/notification-trigger.js';

/** A rule as the API takes it. */
export type RuleDraft = Omit<RuleResource, 'declaredIn' | 'readOnly' | 'lastMessageAt' | 'problem'>;

const OBJECTS: readonly Trigger[] = ['appeared', 'left', 'still_there'];
const CAMERAS: readonly Trigger[] = [...OBJECTS, 'camera_offline', 'no_picture'];
const SITES: readonly Trigger[] = ['site_stale', 'gap', 'backlog', 'camera_offline'];
const LASTING: readonly Trigger[] = [
  'still_there',
  'camera_offline',
  'no_picture',
  'relay_away',
  'backlog',
  'site_stale',
];
const ENDING: readonly Trigger[] = [...LASTING, 'disk'];
const COUNTED = ['backlog', 'log_in_refused', 'disk'] as const;

export const namesObjects = (when: Trigger): boolean => OBJECTS.includes(when);
export const namesCameras = (when: Trigger): boolean => CAMERAS.includes(when);
export const namesSites = (when: Trigger): boolean => SITES.includes(when);
export const lasts = (when: Trigger): boolean => LASTING.includes(when);
export const ends = (when: Trigger): boolean => ENDING.includes(when);
export const counted = (when: Trigger): (typeof COUNTED)[number] | undefined =>
  COUNTED.find((one) => one === when);

/** What the program takes if a rule says nothing. */
export const minutesOf = ({ when, afterMinutes }: RuleDraft): number =>
  afterMinutes ?? (when === 'still_there' || when === 'no_picture' ? 10 : 5);
export const DEFAULT_THRESHOLD = { backlog: 1_000, log_in_refused: 5, disk: undefined };

export const newRule = (when: Trigger, ways: string[]): RuleDraft => ({
  id: '',
  when,
  enabled: true,
  sites: [],
  cameras: [],
  labels: [],
  zones: [],
  windows: [],
  cooldownMinutes: 5,
  collectSeconds: 0,
  recovery: true,
  ways,
});

export function draftOf({
  declaredIn: _,
  readOnly: __,
  lastMessageAt: ___,
  problem: ____,
  ...draft
}: RuleResource): RuleDraft {
  return draft;
}

/** Without what the chosen trigger does not have. */
export function completeRule(draft: RuleDraft, taken: readonly string[]): RuleDraft {
  const { when } = draft;
  const { name, afterMinutes, threshold, minConfidence, ...others } = draft;
  const hasObjects = namesObjects(when);
  return {
    ...others,
    id: draft.id || freeId(name || when, taken),
    ...(name && { name }),
    ...(lasts(when) && afterMinutes !== undefined && { afterMinutes }),
    ...(counted(when) && threshold !== undefined && { threshold }),
    ...(hasObjects && minConfidence !== undefined && { minConfidence }),
    cameras: namesCameras(when) ? draft.cameras : [],
    sites: namesSites(when) ? draft.sites : [],
    labels: hasObjects ? draft.labels : [],
    zones: hasObjects ? draft.zones : [],
  };
}

const MOST = 55;

/** An id made of a name, e.g. `my-phone-2`. */
export function freeId(name: string, taken: readonly string[]): string {
  const plain =
    name
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, MOST) || 'one';
  if (!taken.includes(plain)) return plain;
  let number = 2;
  while (taken.includes(`${plain}-${number}`)) number += 1;
  return `${plain}-${number}`;
}
