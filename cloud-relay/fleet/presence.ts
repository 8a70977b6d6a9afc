import type { Kysely } from 'kysely';
import type { Health, SiteAvailability } from '../../core/contract/live-payloads.js';
import type { TopicName } from '../../core/contract/topics.js';
import type { MessageBus, Received } from '../../core/messaging/message-bus.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { RelayTables } from '../store/relay-tables.js';
import { recordPresence, sites } from '../store/site-table.js';
import type { SiteRegistry } from './site-registry.js';

export interface SitePresence {
  availability: SiteAvailability | null;
  /** Its health report, due every minute, is overdue, whatever its availability says. */
  stale: boolean;
  lastSeenAt: number | null;
  health: Health | null;
  healthAt: number | null;
}

interface Sign {
  availability: SiteAvailability | null;
  lastSeenAt: number | null;
  health: Health | null;
  healthAt: number | null;
  unsaved: boolean;
}

export const STALE_AFTER_MS = 3 * 60_000;
const SAVE_EVERY_MS = 60_000;

/**
 * How each site was last heard of. Held in memory, one entry a site, and saved every minute. Every one of several
 * relays hears every site, so each can tell; what is saved is for the next start.
 */
export class Presence implements Service {
  readonly name = 'presence';
  readonly #signs = new Map<string, Sign>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: MessageBus,
    private readonly db: Kysely<RelayTables>,
    private readonly registry: SiteRegistry,
    private readonly log: Logger,
    private readonly clock: Clock = systemClock,
  ) {}

  async start(): Promise<void> {
    for (const row of await sites(this.db))
      Object.assign(this.#sign(row.id), {
        availability: row.availability,
        lastSeenAt: row.last_seen_at,
        health: row.health === null ? null : (JSON.parse(row.health) as Health),
        healthAt: row.health_at,
      });
    this.bus.subscribe('siteAvailability', {}, (message) =>
      this.#hear(message, (sign) => {
        sign.availability = message.payload;
      }),
    );
    this.bus.subscribe('health', {}, (message) =>
      this.#hear(message, (sign) => {
        sign.health = message.payload;
        // A retained report is of unknown age.
        if (!message.retained) sign.healthAt = this.clock();
      }),
    );
    this.#timer = setInterval(() => void this.#save(), SAVE_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#save();
  }

  of(site: string): SitePresence {
    const { unsaved: _, ...sign } = this.#signs.get(site) ?? silence();
    const overdue = sign.healthAt === null || this.clock() - sign.healthAt > STALE_AFTER_MS;
    return { ...sign, stale: overdue };
  }

  forget(site: string): void {
    this.#signs.delete(site);
  }

  async #hear(
    { names, payload, retained }: Received<Extract<TopicName, 'siteAvailability' | 'health'>>,
    note: (sign: Sign) => void,
  ): Promise<void> {
    if (!(await this.registry.admit(names.site))) return;
    const sign = this.#sign(names.site);
    note(sign);
    // The will is the broker's word, not the site's.
    if (!retained && payload !== 'offline') sign.lastSeenAt = this.clock();
    sign.unsaved = true;
  }

  #sign(site: string): Sign {
    const sign = this.#signs.get(site) ?? silence();
    this.#signs.set(site, sign);
    return sign;
  }

  async #save(): Promise<void> {
    try {
      for (const [site, sign] of this.#signs) {
        if (!sign.unsaved) continue;
        sign.unsaved = false;
        await recordPresence(this.db, site, {
          availability: sign.availability,
          last_seen_at: sign.lastSeenAt,
          health: sign.health && JSON.stringify(sign.health),
          health_at: sign.healthAt,
        });
      }
    } catch (error) {
      this.log.warn({ error: messageOf(error) }, 'could not save when sites were last seen');
    }
  }
}

const silence = (): Sign => ({
  availability: null,
  lastSeenAt: null,
  health: null,
  healthAt: null,
  unsaved: false,
});
