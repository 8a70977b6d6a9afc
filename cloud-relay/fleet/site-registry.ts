import type { Kysely } from 'kysely';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import { LogThrottle } from '../../core/runtime/log-throttle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { RelayTables } from '../store/relay-tables.js';
import { addSites, passwordHashOf, siteIds } from '../store/site-table.js';

export interface SiteRegistryOptions {
  /**
   * Whether a site that nobody provisioned is entered when it first reports: for a broker without accounts, or
   * one that keeps its own. Else only provisioned sites are heard; another relay may have provisioned them.
   */
  admitUnknown: boolean;
  /** Unknown sites are admitted up to this many sites in all, provisioned ones included. */
  maxSites?: number | undefined;
}

const LOG_EVERY_MS = 3_600_000;

/** The ids of all sites, in memory, since every message asks for one. */
export class SiteRegistry implements Service {
  readonly name = 'site registry';
  readonly #ids = new Set<string>();
  readonly #entering = new Map<string, Promise<boolean>>();
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

  /** Whether the site may report; enters it where that is allowed, so that it stands in the database then. */
  async admit(id: string): Promise<boolean> {
    if (this.#ids.has(id)) return true;
    const entering = this.#entering.get(id);
    if (entering) return entering;
    const { admitUnknown } = this.options;
    if (admitUnknown && this.#ids.size + this.#entering.size >= this.#maxSites)
      return this.#refuse(id);
    const entry = (admitUnknown ? this.#enter(id) : this.#find(id)).finally(() =>
      this.#entering.delete(id),
    );
    this.#entering.set(id, entry);
    return entry;
  }

  #refuse(site: string): false {
    if (this.#refused.isDue(''))
      this.log.warn(
        { site, maxSites: this.#maxSites },
        'a site is not taken in: there are as many as may come by themselves (mqtt.external.maxSites); it can be provisioned',
      );
    return false;
  }

  async #enter(id: string): Promise<boolean> {
    await addSites(this.db, [id], this.clock());
    this.#ids.add(id);
    return true;
  }

  async #find(id: string): Promise<boolean> {
    const isThere = (await passwordHashOf(this.db, id)) !== undefined;
    if (isThere) this.#ids.add(id);
    return isThere;
  }

  add(id: string): void {
    this.#ids.add(id);
  }

  remove(id: string): void {
    this.#ids.delete(id);
  }
}
