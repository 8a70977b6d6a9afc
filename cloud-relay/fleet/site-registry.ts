import type { Kysely } from 'kysely';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import { LogThrottle } from '../../core/runtime/log-throttle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { RelayTables } from '../store/relay-tables.js';
import { addSites, isBeingRemoved, passwordHashOf, siteIds } from '../store/site-table.js';

export interface SiteRegistryOptions {
  /**
   * Whether a site that is not provisioned is added when it first reports: for a broker without accounts, or with its
   * own. Otherwise only provisioned sites are accepted; another relay may have provisioned them.
   */
  admitUnknown: boolean;
  /** Unknown sites are admitted up to this many sites in all, provisioned ones included. */
  maxSites?: number | undefined;
}

const LOG_EVERY_MS = 3_600_000;

/** The ids of all sites, in memory, since every message needs one. */
export class SiteRegistry implements Service {
  readonly name = 'site registry';
  readonly #ids = new Set<string>();
  readonly #admissions = new Map<string, Promise<boolean>>();
  readonly #maxSites: number;
  readonly #refused = new LogThrottle(LOG_EVERY_MS);

  constructor(
    private readonly db: Kysely<RelayTables>,
    private readonly options: SiteRegistryOptions,
    private readonly log: Logger,
    private readonly clock: Clock = systemClock,
  ) {
    this.#maxSites = options.maxSites ?? 1_000;
  }

  async start(): Promise<void> {
    for (const id of await siteIds(this.db)) this.#ids.add(id);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Whether the site may report; adds it to the database if that is allowed. */
  async admit(id: string): Promise<boolean> {
    if (this.#ids.has(id)) return true;
    const running = this.#admissions.get(id);
    if (running) return running;
    const { admitUnknown } = this.options;
    if (admitUnknown && this.#ids.size + this.#admissions.size >= this.#maxSites)
      return this.#refuse(id);
    const admission = (admitUnknown ? this.#add(id) : this.#find(id)).finally(() =>
      this.#admissions.delete(id),
    );
    this.#admissions.set(id, admission);
    return admission;
  }

  #refuse(site: string): false {
    if (this.#refused.isDue(''))
      this.log.warn(
        { site, maxSites: this.#maxSites },
        'site refused: mqtt.external.maxSites sites are registered; provision the site or raise the limit',
      );
    return false;
  }

  async #add(id: string): Promise<boolean> {
    await addSites(this.db, [id], this.clock());
    // Its row may be that of a site whose removal is not complete.
    if (await isBeingRemoved(this.db, id)) return false;
    this.#ids.add(id);
    return true;
  }

  async #find(id: string): Promise<boolean> {
    const exists = (await passwordHashOf(this.db, id)) !== undefined;
    if (exists) this.#ids.add(id);
    return exists;
  }

  add(id: string): void {
    this.#ids.add(id);
  }

  remove(id: string): void {
    this.#ids.delete(id);
  }
}
