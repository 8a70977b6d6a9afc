import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import type { EndKind } from './connection-end.js';
import type { MqttConnection } from './mqtt-connection.js';

type Subscribing = Pick<MqttConnection, 'subscribe'>;
type Filters = Record<string, { qos: 0 | 1 }>;

const LOG_EVERY_MS = 3_600_000;
/** After this time, filters that were refused are tried again. */
const RETRY_MS = 60_000;
/** Connections that have to end behind a SUBSCRIBE before its filter is left out. */
const HITS = 2;

/**
 * Subscriptions that a broker refuses: with a code in SUBACK, or by ending the connection. The others stay in force. What is
 * refused is tried again each minute and on each connection; what ends the connection only after an hour.
 */
export class RefusedFilters {
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);
  readonly #refused = new Set<string>();
  /** SUBSCRIBE packets that are not answered, as lists of their filters. */
  readonly #unanswered = new Set<string[]>();
  /** How many connections ended behind a SUBSCRIBE with this filter alone, after one that ended behind it among others. */
  readonly #suspects = new Map<string, { hits: number; retryAt: number }>();
  #retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: Logger,
    private readonly retryMs = RETRY_MS,
  ) {}

  list(): string[] {
    return [...this.#refused];
  }

  /** Resolves when the broker has answered. Rejects only if the connection ends. */
  async subscribe(connection: Subscribing, filters: Filters): Promise<void> {
    const wanted = Object.entries(filters).filter(([filter]) => !this.#isLeftOut(filter));
    const clear = wanted.filter(([filter]) => !this.#suspects.has(filter));
    const suspects = wanted.filter(([filter]) => this.#suspects.has(filter));
    for (const batch of [clear, ...suspects.map((suspect) => [suspect])])
      if (batch.length > 0) await this.#subscribeAll(connection, Object.fromEntries(batch));
    if (this.#refused.size > 0) this.#retryLater(connection, filters);
  }

  /** A connection has ended. Returns why, if it was because of a subscription. */
  ended(kind: EndKind): string | undefined {
    clearTimeout(this.#retry);
    const unanswered = [...this.#unanswered].flat();
    this.#unanswered.clear();
    if (kind !== 'cut' || unanswered.length === 0) return undefined;
    const [only] = unanswered;
    for (const filter of unanswered) {
      const { hits = 0 } = this.#suspects.get(filter) ?? {};
      const isBlamed = unanswered.length === 1;
      this.#suspects.set(filter, {
        hits: isBlamed ? hits + 1 : hits,
        retryAt: performance.now() + LOG_EVERY_MS,
      });
      if (isBlamed && hits + 1 >= HITS) this.#refused.add(filter);
    }
    return unanswered.length === 1 && only !== undefined
      ? `the broker ended the connection after a subscription to ${only}`
      : undefined;
  }

  #isLeftOut(filter: string): boolean {
    const suspect = this.#suspects.get(filter);
    if (!suspect || suspect.hits < HITS) return false;
    if (performance.now() < suspect.retryAt) return true;
    suspect.retryAt = performance.now() + LOG_EVERY_MS;
    return false;
  }

  async #subscribeAll(connection: Subscribing, filters: Filters): Promise<void> {
    const names = Object.keys(filters);
    this.#unanswered.add(names);
    const refused = await connection.subscribe(filters);
    this.#unanswered.delete(names);
    for (const filter of names) {
      this.#suspects.delete(filter);
      const refusal = refused.find((r) => r.filter === filter);
      if (!refusal) {
        if (this.#refused.delete(filter)) this.log.info({ filter }, 'subscription accepted');
        continue;
      }
      this.#refused.add(filter);
      if (this.#throttle.isDue(filter))
        this.log.warn(
          { filter, code: refusal.code },
          'subscription refused by the broker; its account may not read this topic',
        );
    }
  }

  #retryLater(connection: Subscribing, filters: Filters): void {
    clearTimeout(this.#retry);
    const refused = Object.fromEntries(
      Object.entries(filters).filter(([filter]) => this.#refused.has(filter)),
    );
    if (Object.keys(refused).length === 0) return;
    this.#retry = setTimeout(() => {
      this.subscribe(connection, refused).catch(() => undefined);
    }, this.retryMs).unref();
  }
}
