import type { FleetSite } from '../../../core/contract/fleet.js';
import type { SiteResource } from '../../../core/contract/site.js';
import { formatAgo } from '../../shared/format.js';
import { Badge } from '../../shared/ui/badge.js';
import type { Tone } from '../../shared/ui/notice.js';
import { texts } from '../../texts/texts.js';

const words = texts.fleet;

export type SiteState = keyof typeof words.states;

/** An overdue report counts for more than what the site last said. */
export function stateOf({ availability, stale, lastSeenAt }: SiteResource): SiteState {
  if (availability === null) return lastSeenAt === null ? 'never' : 'offline';
  return availability === 'online' && stale ? 'stale' : availability;
}

const TONES: Record<SiteState, Tone> = {
  online: 'good',
  stale: 'bad',
  offline: 'bad',
  stopped: 'warning',
  never: 'info',
};

/** The state in a word, and since when it is not good. */
export function SiteStateView({ site }: { site: SiteResource & { healthAt?: string | null } }) {
  const state = stateOf(site);
  const { lastSeenAt, healthAt } = site;
  const since =
    state === 'stale' && healthAt ? words.reported(formatAgo(healthAt)) : seen(lastSeenAt);
  return (
    <span class="site-state" title={words.stateHelp[state]}>
      <Badge tone={TONES[state]}>{words.states[state]}</Badge>
      {state !== 'online' && since && <span class="muted">{since}</span>}
      {!site.provisioned && <span class="muted">{words.unprovisioned}</span>}
    </span>
  );
}

const seen = (at: string | null): string | undefined =>
  at === null ? undefined : words.seen(formatAgo(at));

/** How much a site needs an operator: 0 for not at all. */
export function attentionOf(site: FleetSite): number {
  const state = stateOf(site);
  const { gaps, health, camerasDown, overBudget } = site;
  return (
    (state === 'stale' || state === 'offline' ? 100 : 0) +
    (state === 'stopped' ? 20 : 0) +
    (camerasDown.length > 0 ? 10 : 0) +
    (health?.status === 'degraded' ? 5 : 0) +
    (overBudget === null ? 0 : 5) +
    (gaps.missing > 0 ? 2 : 0)
  );
}
