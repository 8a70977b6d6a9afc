import type { Kysely } from 'kysely';
import {
  FLEET_DAYS,
  type FleetCameras,
  type FleetCamerasQuery,
  type FleetSite,
  MAX_NAMED_SITES,
} from '../../core/contract/fleet.js';
import { type Clock, toIsoString } from '../../core/runtime/clock.js';
import { DAY_MS } from '../store/daily-label-table.js';
import { dailySums, gapSums, missingSums } from '../store/fleet-sums.js';
import type { RelayTables } from '../store/relay-tables.js';
import type { Fleet, SiteOverview } from './fleet.js';
import { GAP_KINDS } from './gaps.js';
import type { SiteCamera, SiteCameras } from './site-cameras.js';

export interface FleetEntry extends SiteOverview {
  gaps: FleetSite['gaps'];
  camerasDown: string[];
  days: FleetSite['days'];
}

const MAX_NAMED = 20;
const DOWN: readonly SiteCamera['state'][] = ['offline', 'frozen', 'stale'];

/** Sites with what an operator looks for first. A page costs three sums, whatever the number of its sites. */
export class FleetOverview {
  constructor(
    private readonly db: Kysely<RelayTables>,
    private readonly fleet: Fleet,
    private readonly siteCameras: SiteCameras,
    private readonly clock: Clock,
  ) {}

  async page(query: {
    limit: number;
    after?: string | undefined;
  }): Promise<{ sites: FleetEntry[]; next: string | null }> {
    const { sites, next } = await this.fleet.listSites(query);
    const ids = sites.map(({ id }) => id);
    const gaps = await this.#gaps(ids);
    const days = await this.#days(ids);
    return {
      sites: sites.map((site) => ({
        ...site,
        gaps: gaps(site.id),
        days: days(site.id),
        camerasDown: this.siteCameras
          .of(site.id)
          .filter(({ state }) => DOWN.includes(state))
          .slice(0, MAX_NAMED)
          .map(({ id }) => id),
      })),
      next,
    };
  }

  /** The ids of cameras that sites report, one after the other: rules of notifications name them. */
  cameraIds({ site, limit, after = '' }: FleetCamerasQuery): Omit<FleetCameras, 'status'> {
    const found = this.siteCameras.ids(site);
    const ids = [...found.keys()].filter((id) => id > after).sort();
    const cameras = ids.slice(0, limit).map((id) => {
      const sites = found.get(id) ?? [];
      return { id, siteCount: sites.length, sites: sites.slice(0, MAX_NAMED_SITES) };
    });
    return { cameras, next: ids.length > limit ? (cameras.at(-1)?.id ?? null) : null };
  }

  /** Throws `not_found`. */
  async cameras(site: string): Promise<SiteCamera[]> {
    await this.fleet.site(site);
    return this.siteCameras.of(site);
  }

  async #gaps(ids: string[]): Promise<(site: string) => FleetSite['gaps']> {
    const missing = await missingSums(this.db, ids);
    const known = new Map<string, FleetSite['gaps']>();
    const of = (site: string) =>
      known.get(site) ?? { missing: missing.get(site) ?? 0, lost: 0, dropped: 0, refused: 0 };
    for (const { site, reason, count } of await gapSums(this.db, ids)) {
      const kind = GAP_KINDS[reason];
      // An operator removed them.
      if (kind === 'removed') continue;
      const gaps = of(site);
      known.set(site, { ...gaps, [kind]: gaps[kind] + count });
    }
    return of;
  }

  async #days(ids: string[]): Promise<(site: string) => FleetSite['days']> {
    const now = this.clock();
    const today = now - (now % DAY_MS);
    const first = today - (FLEET_DAYS - 1) * DAY_MS;
    const sums = await dailySums(this.db, ids, first);
    const found = new Map(sums.map(({ site, day, detections }) => [`${site} ${day}`, detections]));
    const days = Array.from({ length: FLEET_DAYS }, (_, i) => first + i * DAY_MS);
    return (site) =>
      days.map((day) => ({
        day: toIsoString(day).slice(0, 10),
        detections: found.get(`${site} ${day}`) ?? 0,
      }));
  }
}
