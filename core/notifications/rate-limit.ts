const MINUTE_MS = 60_000;

/** At most so many within any minute. */
export class RateLimit {
  #times: number[] = [];

  constructor(readonly perMinute: number) {}

  allows(now: number): boolean {
    // Also forgets those of the future, from before the clock was set.
    this.#times = this.#times.filter((at) => at <= now && now - at < MINUTE_MS);
    return this.#times.length < this.perMinute;
  }

  count(now: number): void {
    this.#times.push(now);
  }
}
