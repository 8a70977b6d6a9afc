import { filterFor, matchesFilter } from '../contract/topics.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import { watchedFilters } from './access-rules.js';
import type { IncomingMessage, OutgoingMessage } from './mqtt-message.js';
import type { MqttMessageBusOptions } from './mqtt-message-bus-options.js';
import { RetainedWatch } from './retained-watch.js';

const LOG_EVERY_MS = 60_000;
/** So long after a connection the broker may publish the will of the one before. */
const LATE_WILL_MS = 120_000;

/** Its payload has the uptime, so no two programs publish the same. It is published each minute, and not corrected here. */
const SIGNATURE = 'health';

/** The site's own retained topics at one broker: subscribes to them, and publishes them again if another client changes them. */
export class OwnTopics {
  readonly #watch: RetainedWatch | undefined;
  readonly #filters: string[];
  readonly #signature: string;
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);
  #timer: NodeJS.Timeout | undefined;
  #hasStopped = false;
  /** Whether the will of an earlier connection arrived on this one. */
  #hadLateWill = false;

  /** `restore` publishes a message again. */
  constructor(
    private readonly options: Pick<MqttMessageBusOptions, 'root' | 'watch' | 'will'>,
    private readonly restore: (message: OutgoingMessage) => void,
    private readonly log: Logger,
  ) {
    const { root, watch } = options;
    this.#filters = watch ? watchedFilters(root, watch.site) : [];
    this.#signature = watch ? filterFor(root, SIGNATURE, { site: watch.site }) : '';
    const corrected = this.#filters.filter((filter) => filter !== this.#signature);
    this.#watch =
      watch &&
      new RetainedWatch({
        isWatched: (topic) => corrected.some((filter) => matchesFilter(filter, topic)),
        isSignature: (topic) => topic === this.#signature,
        own: watch.own,
      });
  }

  filters(): string[] {
    return this.#filters;
  }

  subscriptions(): Record<string, { qos: 0 | 1 }> {
    return Object.fromEntries(this.#filters.map((filter) => [filter, { qos: 1 as const }]));
  }

  sent({ topic, payload, retain }: OutgoingMessage): void {
    if (retain && typeof payload === 'string') this.#watch?.sent(topic, payload);
  }

  /** `connectedMs` is the age of the connection. */
  received({ topic, payload, retained }: IncomingMessage, connectedMs: number): void {
    if (!this.#watch || !this.#filters.some((filter) => matchesFilter(filter, topic))) return;
    const text = payload.toString('utf8');
    const isLateWill =
      !this.#hadLateWill && connectedMs < LATE_WILL_MS && this.#isWill(topic, text);
    this.#hadLateWill ||= isLateWill && !retained;
    if (!this.#watch.received(topic, text, !retained && !isLateWill)) return;
    if (this.#throttle.isDue(topic))
      this.log.warn(
        { topic, bytes: payload.length },
        'retained message changed by another client; publishing it again',
      );
    this.#schedule();
  }

  disconnected(): void {
    this.#hadLateWill = false;
    this.#watch?.disconnected();
  }

  contested(): string[] {
    return this.#watch?.contested() ?? [];
  }

  /** Undefined if it cannot be known, because the broker refuses one of the `refused` filters. */
  hasTwin(refused: string[]): boolean | undefined {
    if (!this.#watch || refused.includes(this.#signature)) return undefined;
    return this.#watch.hasTwin;
  }

  /** From now on nothing is corrected. */
  stop(): void {
    this.#hasStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    const waitMs = this.#watch?.waitMs();
    clearTimeout(this.#timer);
    if (waitMs === undefined || this.#hasStopped) return;
    this.#timer = setTimeout(() => {
      for (const { topic, payload } of this.#watch?.takeDue() ?? [])
        this.restore({ topic, payload, qos: 1, retain: true });
      this.#schedule();
    }, waitMs).unref();
  }

  #isWill(topic: string, payload: string): boolean {
    const { will, root } = this.options;
    return (
      will !== undefined &&
      topic === filterFor(root, will.topic, will.names) &&
      payload === String(will.payload)
    );
  }
}
