import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import type { EndKind } from './connection-end.js';
import type { MqttConnection } from './mqtt-connection.js';

type Subscribing = Pick<MqttConnection, 'subscribe'>;
type Filters = Record<string, { qos: 0 | 1 }>;

const LOG_EVERY_MS = 3_600_000;
/** After this time, filters that were refused are tried again. */
const RETRY_MS = 60_000;
/** Connections that have to end behind a SUBSCRIBE with one filter, in a row, before the filter is left out. */
const HITS = 3;
/** Filters are left out for a minute at first, since an unstable network may have ended the connections. */
const MAX_LEFT_OUT_MS = 3_600_000;

interface Suspect {
  hits: number;
  leftOutMs: number;
  leftOutUntil: number;
}

/**
 * Subscriptions that a broker refuses: with a code in SUBACK, or by ending the connection. The others stay in force. What is
 * refused is tried again each minute and on each connection; what ends the connection after a minute, at last after an hour.
 */
export class RefusedFilters {
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);
  readonly #refused = new Set<string>();
  /** SUBSCRIBE packets that are not answered, as lists of their filters. */
  readonly #unanswered = new Set<string[]>();
  /** Filters behind which a connection ended, alone or among others. */
  readonly #suspects = new Map<string, Suspect>();
  /** Filters to be tried again on the present connection. */
  readonly #toRetry = new Map<string, { qos: 0 | 1 }>();
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
    this.#endRetry();
    const unanswered = [...this.#unanswered].flat();
    this.#unanswered.clear();
    if (kind !== 'cut' || unanswered.length === 0) return undefined;
    const [only] = unanswered;
    for (const filter of unanswered) {
      const suspect = this.#suspects.get(filter) ?? { hits: 0, leftOutMs: 0, leftOutUntil: 0 };
      this.#suspects.set(filter, suspect);
      if (unanswered.length === 1) this.#hit(filter, suspect);
    }
    return unanswered.length === 1 && only !== undefined
      ? `the broker ended the connection after a subscription to ${only}`
      : undefined;
  }

  #hit(filter: string, suspect: Suspect): void {
    suspect.hits++;
    if (suspect.hits < HITS) return;
    suspect.leftOutMs = Math.min(MAX_LEFT_OUT_MS, suspect.leftOutMs * 2 || this.retryMs);
    suspect.leftOutUntil = performance.now() + suspect.leftOutMs;
    this.#refused.add(filter);
  }

  #isLeftOut(filter: string): boolean {
    const suspect = this.#suspects.get(filter);
    return suspect !== undefined && performance.now() < suspect.leftOutUntil;
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
    for (const [filter, options] of Object.entries(filters))
      if (this.#refused.has(filter)) this.#toRetry.set(filter, options);
    if (this.#toRetry.size === 0 || this.#retry) return;
    this.#retry = setTimeout(() => {
      const again = Object.fromEntries(this.#toRetry);
      this.#endRetry();
      this.subscribe(connection, again).catch(() => undefined);
    }, this.retryMs).unref();
  }

  #endRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#toRetry.clear();
  }
}
