/** Connections that have to end behind a topic before nothing more is published on it. */
const HITS = 3;
const FIRST_RETRY_MS = 600_000;
const MAX_RETRY_MS = 86_400_000;
const MAX_TOPICS = 256;

interface Suspect {
  hits: number;
  retryMs: number;
  /** Set while the topic is barred. */
  retryAt: number | undefined;
}

/**
 * Topics after whose messages a broker ended the connection again and again, whatever their size: some brokers do so if
 * the account may not publish there. Times are milliseconds of any one clock.
 */
export class BarredTopics {
  readonly #suspects = new Map<string, Suspect>();

  isBarred(topic: string): boolean {
    return this.#suspects.get(topic)?.retryAt !== undefined;
  }

  /** Whether a message may be published there. A barred topic is tried again when its time has come. */
  allows(topic: string, now: number): boolean {
    const suspect = this.#suspects.get(topic);
    if (suspect?.retryAt === undefined) return true;
    if (now < suspect.retryAt) return false;
    suspect.retryAt = now + suspect.retryMs;
    return true;
  }

  passed(topic: string): void {
    this.#suspects.delete(topic);
  }

  /** The broker ended the connection after a message on the topic. It is barred after some times, or `atOnce`. */
  failed(topic: string, now: number, atOnce = false): void {
    const suspect = this.#suspects.get(topic) ?? {
      hits: 0,
      retryMs: FIRST_RETRY_MS / 2,
      retryAt: undefined,
    };
    suspect.hits++;
    if (atOnce || suspect.hits >= HITS) {
      suspect.retryMs = Math.min(MAX_RETRY_MS, suspect.retryMs * 2);
      suspect.retryAt = now + suspect.retryMs;
    }
    this.#suspects.delete(topic);
    this.#suspects.set(topic, suspect);
    if (this.#suspects.size <= MAX_TOPICS) return;
    const [oldest] = this.#suspects.keys();
    if (oldest !== undefined) this.#suspects.delete(oldest);
  }
}
