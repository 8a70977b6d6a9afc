/** Keys that are remembered; beyond this the oldest is dropped, and its next message is due at once. */
const MAX_KEYS = 1_000;

/** Limits how often a message with the same key is logged. */
export class LogThrottle {
  readonly #loggedAt = new Map<string, number>();

  constructor(
    private readonly everyMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  isDue(key: string): boolean {
    const now = this.now();
    const loggedAt = this.#loggedAt.get(key);
    if (loggedAt !== undefined && now - loggedAt < this.everyMs) return false;
    this.#loggedAt.delete(key);
    const [oldest] = this.#loggedAt.keys();
    if (this.#loggedAt.size >= MAX_KEYS && oldest !== undefined) this.#loggedAt.delete(oldest);
    this.#loggedAt.set(key, now);
    return true;
  }
}
