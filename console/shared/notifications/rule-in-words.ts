import type { WayResource } from '../../../core/contract/notification.js';
import type { TimeWindow } from '../../../core/contract/time-window.js';
import { texts } from '../../texts/texts.js';
import { formatDuration, formatNumber, formatPercent } from '../format.js';
import type { RuleChoices } from './choices.js';
import {
  counted,
  DEFAULT_THRESHOLD,
  ends,
  minutesOf,
  namesObjects,
  namesSites,
  type RuleDraft,
} from './rule-draft.js';

const words = texts.notifications.sentence;
const either = new Intl.ListFormat('en', { type: 'disjunction' });
const both = new Intl.ListFormat('en', { type: 'conjunction' });
const timeFormat = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });

type Named = Pick<WayResource, 'id' | 'name'>;

/** "When a person appears at Street between 22:00 and 6:00, send to ntfy, at most once in 5 minutes." */
export function ruleInWords(rule: RuleDraft, ways: readonly Named[], choices: RuleChoices): string {
  const { cooldownMinutes, collectSeconds, recovery, when } = rule;
  const to = rule.ways.map((id) => ways.find((way) => way.id === id)?.name ?? id);
  const parts = [
    [whenInWords(rule, choices), windowsInWords(rule.windows)].filter(Boolean).join(' '),
    words.send(to.length === 0 ? words.nobody : both.format(to)),
    ...(collectSeconds > 0 ? [words.collect(formatDuration(collectSeconds))] : []),
    ...(cooldownMinutes > 0 ? [words.cooldown(cooldownMinutes)] : []),
    ...(ends(when) && recovery ? [words.recovery] : []),
  ];
  return `${parts.join(', ')}.`;
}

function whenInWords(rule: RuleDraft, choices: RuleChoices): string {
  const { when } = rule;
  const after = minutesOf(rule);
  const cameras = camerasInWords(rule, choices);
  const sites = rule.sites.length === 0 ? words.allSites : either.format(rule.sites);
  const ofSites = namesSites(when) && rule.sites.length > 0 ? words.ofSites(sites) : '';
  if (namesObjects(when)) return objectsInWords(rule, cameras);
  switch (when) {
    case 'camera_offline':
      return words.camera_offline(`${cameras ?? words.allCameras}${ofSites}`, after);
    case 'no_picture':
      return words.no_picture(cameras ?? words.allCameras, after);
    case 'disk':
      return rule.threshold === undefined
        ? words.disk
        : words.diskFree(formatNumber(rule.threshold));
    case 'relay_away':
      return words.relay_away(after);
    case 'backlog':
      return words.backlog(thresholdOf(rule), after) + ofSites;
    case 'log_in_refused':
      return words.log_in_refused(thresholdOf(rule));
    case 'site_stale':
      return words.site_stale(sites, after);
    default:
      return words.gap(sites);
  }
}

function objectsInWords(rule: RuleDraft, cameras: string | undefined): string {
  const { labels, zones, minConfidence, when } = rule;
  const what = labels.length === 0 ? words.anything : either.format(labels.map(words.article));
  const where = [
    cameras === undefined ? '' : words.at(cameras),
    zones.length === 0 ? '' : words.inZones(either.format(zones)),
    minConfidence === undefined ? '' : words.certain(formatPercent(minConfidence)),
  ].join('');
  if (when === 'appeared') return words.appeared(what, where);
  if (when === 'left') return words.left(what, where);
  return words.still_there(what, where, minutesOf(rule));
}

function thresholdOf({ when, threshold }: RuleDraft): string {
  const kind = counted(when);
  const fallback = kind && DEFAULT_THRESHOLD[kind];
  return formatNumber(threshold ?? fallback ?? 0);
}

function camerasInWords({ cameras }: RuleDraft, choices: RuleChoices): string | undefined {
  if (cameras.length === 0) return undefined;
  return either.format(
    cameras.map((id) => choices.cameras.find((camera) => camera.id === id)?.name ?? id),
  );
}

const windowsInWords = (windows: readonly TimeWindow[]): string =>
  either.format(windows.map(windowInWords));

function windowInWords({ days, from, to }: TimeWindow): string {
  const between = words.between(timeInWords(from), timeInWords(to));
  if (days === undefined) return between;
  const names = days.map((day) => texts.notifications.dayNames[day]);
  return words.onDays(both.format(names), between);
}

/** A time of day as the reader writes it. */
function timeInWords(time: string): string {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  if (hours === 24) return time;
  return timeFormat.format(new Date(2000, 0, 1, hours, minutes));
}
