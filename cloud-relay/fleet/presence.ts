import type { Kysely } from 'kysely';
import type { Health, SiteAvailability } from '../../core/contract/live-payloads.js';
import { decodePayload } from '../../core/contract/topic-payloads.js';
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
  /** As the site said, or what its records and reports show. */
  availability: SiteAvailability | null;
  /** Its health report, due every minute, is overdue, whatever its availability is. */
  stale: boolean;
  lastSeenAt: number | null;
  health: Health | null;
  healthAt: number | null;
}

interface PresenceState {
  availability: SiteAvailability | null;
  lastSeenAt: number | null;
  health: Health | null;
  healthAt: number | null;
  /** When the report arrived, by the steady clock; negative infinity if that is not known. */
  healthSteadyAt: number;
  /** When `offline` arrived, by the steady clock. */
  offlineSteadyAt: number;
  unsaved: boolean;
}

export const STALE_AFTER_MS = 3 * 60_000;
/** What a site sent before it said `offline` may arrive after that, if a broker sends it again. */
const OFFLINE_HOLDS_MS = 5_000;
const SAVE_EVERY_MS = 60_000;

/**
 * The last known state of each site. The retained `offline` may be wrong: the will of an earlier connection that came
 * late, or somebody else's message. A site whose records or reports arrive is online. Kept in memory, one entry a site, and saved every minute. Each of several relays
 * receives the messages of every site; the saved state is for the next start.
 */
export class Presence implements Service {
  readonly name = 'presence';
  readonly #states = new Map<string, PresenceState>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: MessageBus,
    private readonly db: Kysely<RelayTables>,
    private readonly registry: SiteRegistry,
    private readonly log: Logger,
    private readonly clock: Clock = systemClock,
    /** Not set by anyone: ages are measured with it. */
    private readonly steady: Clock = clock === systemClock ? () => performance.now() : clock,
  ) {}

  async start(): Promise<void> {
    const ageOf = (at: number | null) =>
      at === null ? Number.POSITIVE_INFINITY : Math.max(0, this.clock() - at);
    for (const row of await sites(this.db))
      Object.assign(this.#stateOf(row.id), {
        availability: row.availability,
        lastSeenAt: row.last_seen_at,
        health: row.health === null ? null : readHealth(row.health),
        healthAt: row.health_at,
        healthSteadyAt: this.steady() - ageOf(row.health_at),
      });
    this.bus.subscribe('siteAvailability', {}, (message) =>
      this.#receive(message, (state) => {
        state.availability = message.payload;
        if (message.payload === 'offline') state.offlineSteadyAt = this.steady();
      }),
    );
    this.bus.subscribe('health', {}, (message) =>
      this.#receive(message, (state) => {
        state.health = message.payload;
        // A retained report is of unknown age.
        if (message.retained) return;
        state.healthAt = this.clock();
        state.healthSteadyAt = this.steady();
        this.#showsThatItIsOnline(state);
      }),
    );
    this.#timer = setInterval(() => void this.#save(), SAVE_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#save();
  }

  of(site: string): SitePresence {
    const { availability, lastSeenAt, health, healthAt, healthSteadyAt } =
      this.#states.get(site) ?? neverSeen();
    const stale = this.steady() - healthSteadyAt > STALE_AFTER_MS;
    return { availability, stale, lastSeenAt, health, healthAt };
  }

  forget(site: string): void {
    this.#states.delete(site);
  }

  /** A record of an admitted site has arrived. */
  recordArrived(site: string): void {
    const state = this.#stateOf(site);
    state.lastSeenAt = this.clock();
    state.unsaved = true;
    this.#showsThatItIsOnline(state);
  }

  #showsThatItIsOnline(state: PresenceState): void {
    if (this.steady() - state.offlineSteadyAt >= OFFLINE_HOLDS_MS) state.availability = 'online';
  }

  async #receive(
    { names, payload, retained }: Received<Extract<TopicName, 'siteAvailability' | 'health'>>,
    update: (state: PresenceState) => void,
  ): Promise<void> {
    if (!(await this.registry.admit(names.site))) return;
    const state = this.#stateOf(names.site);
    update(state);
    // The broker publishes the will, not the site.
    if (!retained && payload !== 'offline') state.lastSeenAt = this.clock();
    state.unsaved = true;
  }

  #stateOf(site: string): PresenceState {
    const state = this.#states.get(site) ?? neverSeen();
    this.#states.set(site, state);
    return state;
  }

  async #save(): Promise<void> {
    try {
      for (const [site, state] of this.#states) {
        if (!state.unsaved) continue;
        state.unsaved = false;
        await recordPresence(this.db, site, {
          availability: state.availability,
          last_seen_at: state.lastSeenAt,
          health: state.health && JSON.stringify(state.health),
          health_at: state.healthAt,
        });
      }
    } catch (error) {
      this.log.warn({ error: messageOf(error) }, 'cannot save the state of the sites');
    }
  }
}

const neverSeen = (): PresenceState => ({
  availability: null,
  lastSeenAt: null,
  health: null,
  healthAt: null,
  healthSteadyAt: Number.NEGATIVE_INFINITY,
  offlineSteadyAt: Number.NEGATIVE_INFINITY,
  unsaved: false,
});

/** Null if a damaged database has made it unreadable: the next report takes its place. */
function readHealth(text: string): Health | null {
  const decoded = decodePayload('health', text);
  return decoded.ok ? decoded.payload : null;
}
