import type { Payload } from '../../core/contract/topics.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import { LogThrottle } from '../../core/runtime/log-throttle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { SiteRegistry } from './site-registry.js';

export interface SiteCamera extends Payload<'cameraReport'> {
  id: string;
  /** Milliseconds since the Unix epoch; null for a report that the broker had retained. */
  reportedAt: number | null;
}

interface Entry extends SiteCamera {
  arrivedAt: number;
}

/** Of all sites together. */
const MAX_CAMERAS = 50_000;
const MAX_ERROR_LENGTH = 300;
/** Reports come every minute: a camera that is not reported for so long, while its site is, was removed there. */
const GONE_MS = 10 * 60_000;
const LOG_EVERY_MS = 3_600_000;

/**
 * The last report of each camera, in memory: the brokers retain the reports, and the sites repeat them every minute. A
 * camera beyond the bounds is not shown.
 */
export class SiteCameras implements Service {
  readonly name = 'site cameras';
  readonly #sites = new Map<string, Map<string, Entry>>();
  readonly #full = new LogThrottle(LOG_EVERY_MS);
  #count = 0;

  constructor(
    private readonly bus: MessageBus,
    private readonly registry: SiteRegistry,
    private readonly maxPerSite: number,
    private readonly log: Logger,
    private readonly clock: Clock = systemClock,
  ) {}

  async start(): Promise<void> {
    this.bus.subscribe('cameraReport', {}, async ({ names, payload, retained }) => {
      if (await this.registry.admit(names.site))
        this.#receive(names.site, names.camera, payload, retained);
    });
  }

  /** In the order of their ids. */
  of(site: string): SiteCamera[] {
    const entries = [...(this.#sites.get(site)?.values() ?? [])];
    const newest = Math.max(0, ...entries.map(({ arrivedAt }) => arrivedAt));
    return entries
      .filter(({ arrivedAt }) => newest - arrivedAt < GONE_MS)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ arrivedAt: _, ...camera }) => camera);
  }

  /** The ids of the cameras of some sites, or of all, each with its sites in their order. */
  ids(sites: readonly string[] = [...this.#sites.keys()]): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const site of [...new Set(sites)].sort())
      for (const { id } of this.of(site)) {
        const known = found.get(id);
        if (known) known.push(site);
        else found.set(id, [site]);
      }
    return found;
  }

  forget(site: string): void {
    this.#count -= this.#sites.get(site)?.size ?? 0;
    this.#sites.delete(site);
  }

  #receive(site: string, id: string, report: Payload<'cameraReport'>, retained: boolean): void {
    const cameras = this.#sites.get(site) ?? new Map<string, Entry>();
    if (!cameras.has(id)) {
      this.#dropGone(cameras);
      if (cameras.size >= this.maxPerSite || this.#count >= MAX_CAMERAS) {
        this.#refuse(site);
        return;
      }
      this.#count += 1;
    }
    this.#sites.set(site, cameras);
    const now = this.clock();
    cameras.set(id, {
      ...report,
      id,
      lastError: report.lastError?.slice(0, MAX_ERROR_LENGTH) ?? null,
      reportedAt: retained ? null : now,
      arrivedAt: now,
    });
  }

  #dropGone(cameras: Map<string, Entry>): void {
    const now = this.clock();
    for (const [id, { arrivedAt }] of cameras)
      if (now - arrivedAt >= GONE_MS) {
        cameras.delete(id);
        this.#count -= 1;
      }
  }

  #refuse(site: string): void {
    if (this.#full.isDue(site))
      this.log.warn({ site }, 'too many cameras are reported; further ones are not shown');
  }
}
