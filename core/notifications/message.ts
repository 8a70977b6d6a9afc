import type { NotificationRule } from '../contract/notification.js';
import type { Happening, NotificationMessage } from '../contract/notification-delivery.js';
import type { Trigger } from '../contract/notification-trigger.js';
import { shortText } from '../runtime/shorten.js';

export type Phase = NotificationMessage['phase'];

/** What goes into one message. */
export interface Group {
  phase: Phase;
  /** The first ones, at most `MAX_HAPPENINGS`. */
  happenings: Happening[];
  count: number;
  /** Those that a cooldown held back since the last message. */
  heldBack: number;
}

export const MAX_HAPPENINGS = 20;
const MAX_TITLE = 120;
const MAX_LINE = 300;
const LINES = 8;

const TITLES: Record<Trigger, string> = {
  appeared: 'appeared',
  left: 'left',
  still_there: 'still there',
  camera_offline: 'Camera offline',
  no_picture: 'No new picture',
  disk: 'Disk',
  relay_away: 'Relay away',
  backlog: 'Backlog',
  log_in_refused: 'Logins refused',
  site_stale: 'Site does not report',
  gap: 'Records missing',
};

const OVER: Partial<Record<Trigger, string>> = {
  still_there: 'has left',
  camera_offline: 'Camera is back',
  no_picture: 'Pictures again',
  disk: 'Disk is well again',
  relay_away: 'Relay is back',
  backlog: 'Backlog is gone',
  site_stale: 'Site reports again',
};

/** A message without its picture. `site` is the appliance's own; at the relay the happenings name theirs. */
export function messageOf(
  id: string,
  rule: Pick<NotificationRule, 'id' | 'name' | 'when'>,
  group: Group,
  site: string | null,
): NotificationMessage {
  const { happenings, count, phase } = group;
  const [first] = happenings;
  const same = <T>(of: (happening: Happening) => T): T | null =>
    first && happenings.every((other) => of(other) === of(first)) ? of(first) : null;
  return {
    id,
    event: rule.when,
    phase,
    title: shortText(titleOf(rule.when, group), MAX_TITLE),
    text: textOf(group),
    at: first?.at ?? new Date(0).toISOString(),
    site: site ?? same((h) => h.site),
    rule: { id: rule.id, name: rule.name ?? null },
    camera: same((h) => h.camera),
    cameraName: same((h) => h.cameraName),
    label: same((h) => h.label),
    zones: [...new Set(happenings.flatMap(({ zones }) => zones))].slice(0, MAX_HAPPENINGS),
    confidence: count === 1 ? (first?.confidence ?? null) : null,
    sighting: count === 1 ? (first?.sighting ?? null) : null,
    count,
    happenings,
    picture: null,
  };
}

/** Times belong to the place where they are read: local, as the machine's clock shows them. */
export function localTime(at: string): string {
  const time = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${date} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
}

function titleOf(when: Trigger, { phase, happenings, count }: Group): string {
  const words = (phase === 'recovered' && OVER[when]) || TITLES[when];
  const [first] = happenings;
  const places = [...new Set(happenings.map(({ cameraName, camera }) => cameraName ?? camera))];
  const sites = [...new Set(happenings.map(({ site }) => site))].filter(Boolean);
  const [place] = places;
  const where = places.length === 1 && place ? place : '';
  if (first?.label) {
    const labels = [...new Set(happenings.map(({ label }) => label))].join(', ');
    return `${count > 1 ? `${count} × ` : ''}${labels} ${words}${where ? `: ${where}` : ''}`;
  }
  const of = where || (sites.length === 1 ? String(sites[0]) : '');
  return `${words}${of ? `: ${of}` : ''}${count > 1 ? ` (${count})` : ''}`;
}

function textOf({ happenings, count, heldBack }: Group): string {
  const lines = happenings
    .slice(0, LINES)
    .map(({ at, text }) => `${localTime(at)} ${shortText(text, MAX_LINE)}`);
  const more = count - lines.length;
  if (more > 0) lines.push(`and ${more} more`);
  if (heldBack > 0) lines.push(`${heldBack} others since the last message`);
  return lines.join('\n');
}
