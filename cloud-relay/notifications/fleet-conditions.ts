import type { NotificationRule } from '../../core/contract/notification.js';
import type { Trigger } from '../../core/contract/notification-trigger.js';
import {
  type Condition,
  type ConditionSource,
  noHappening,
} from '../../core/notifications/occurrence.js';
import { type Clock, duration, toIsoString } from '../../core/runtime/clock.js';
import type { SitePresence } from '../fleet/presence.js';

const HOLD_MS = 60_000;
const DEFAULT_BACKLOG = 1_000;

export interface FleetParts {
  /** The sites, in any order. */
  siteIds(): Promise<string[]>;
  presence: { of(site: string): SitePresence };
  wall: Clock;
}

interface State {
  state: Condition['state'];
  text: string;
  recovered: string;
}

/** The conditions of sites, from their presence and their health reports. A site that never reported has none. */
export function fleetConditions(parts: FleetParts): ConditionSource[] {
  return [
    siteSource(parts, 'site_stale', staleState),
    siteSource(parts, 'backlog', backlogState),
    cameraSource(parts),
  ];
}

function siteSource(
  { siteIds, presence, wall }: FleetParts,
  when: Trigger,
  stateOf: (site: string, presence: SitePresence, rule: NotificationRule, now: number) => State,
): ConditionSource {
  return {
    ...{ when, afterMinutes: 5, holdMs: HOLD_MS },
    conditions: async (rule) =>
      (await siteIds()).flatMap((site): Condition[] => {
        const present = presence.of(site);
        if (present.lastSeenAt === null) return [];
        const { state, text, recovered } = stateOf(site, present, rule, wall());
        const happening = { ...noHappening(toIsoString(wall()), text), site };
        return [{ id: site, when, subject: site, state, recovered, happening }];
      }),
  };
}

function staleState(site: string, presence: SitePresence, _: NotificationRule, now: number): State {
  const { stale, availability, lastSeenAt } = presence;
  const age = duration(Math.max(0, Math.round((now - (lastSeenAt ?? now)) / 1_000)));
  const why =
    availability === 'stopped'
      ? 'it was stopped there'
      : availability === 'offline'
        ? 'its connection was lost'
        : 'its connection is there, but no report arrives';
  return {
    state: stale ? 'problem' : 'ok',
    text: `the site ${site} has not reported for ${age}: ${why}`,
    recovered: `the site ${site} reports again`,
  };
}

function backlogState(
  site: string,
  { health, stale }: SitePresence,
  { threshold = DEFAULT_BACKLOG }: NotificationRule,
): State {
  const depth = health?.outbox.depth ?? 0;
  return {
    // The last report of a site that is away shows nothing about now.
    state: stale || !health ? 'unknown' : depth >= threshold ? 'problem' : 'ok',
    text: `${depth} summaries wait at the site ${site}`,
    recovered: `fewer than ${threshold} summaries wait at the site ${site}`,
  };
}

/** Appliances of older versions report how many of their cameras are online, and not which are offline. */
function cameraSource({ siteIds, presence, wall }: FleetParts): ConditionSource {
  const when = 'camera_offline';
  let known = new Set<string>();
  return {
    ...{ when, afterMinutes: 5, holdMs: HOLD_MS },
    absent({ site }) {
      if (site === null || !known.has(site)) return 'removed';
      const { health, stale } = presence.of(site);
      return stale || !health ? 'unknown' : 'ended';
    },
    async conditions() {
      const ids = await siteIds();
      known = new Set(ids);
      return ids.flatMap((site): Condition[] => {
        const { health, stale } = presence.of(site);
        if (!health) return [];
        const at = toIsoString(wall());
        const conditionOf = (camera: string | null, text: string): Condition => ({
          ...{ id: `${site}/${camera ?? ''}`, when, subject: `${site}/${camera ?? ''}` },
          state: stale ? 'unknown' : 'problem',
          recovered: camera
            ? `the camera ${camera} at the site ${site} is no longer offline`
            : `all cameras at the site ${site} are online again`,
          happening: { ...noHappening(at, text), site, camera, cameraName: camera },
        });
        const { online, total, offline } = health.cameras;
        if (offline)
          return offline.map((camera) =>
            conditionOf(camera, `the camera ${camera} at the site ${site} is offline`),
          );
        const text = `${total - online} of ${total} cameras at the site ${site} are not online`;
        return online < total ? [conditionOf(null, text)] : [];
      });
    },
  };
}
