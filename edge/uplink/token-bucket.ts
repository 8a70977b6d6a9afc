/**
 * A rate limit as a token bucket that holds a tenth of a second's tokens. It gives out no less than a quarter of them at
 * a time, so that records go in batches. Times are milliseconds of any one clock.
 */
export class TokenBucket {
  readonly #size: number;
  readonly #least: number;
  #tokens: number;
  #at = 0;

  /** `Infinity` sets no limit. */
  constructor(private readonly perSecond: number) {
    this.#size = Math.max(1, perSecond / 10);
    this.#least = Math.max(1, this.#size / 4);
    this.#tokens = this.#size;
  }

  /** How many may go now. */
  available(now: number): number {
    const refill = (Math.max(0, now - this.#at) * this.perSecond) / 1000;
    this.#at = now;
    if (refill > 0) this.#tokens = Math.min(this.#size, this.#tokens + refill);
    return this.#tokens < this.#least ? 0 : Math.floor(this.#tokens);
  }

  take(count: number): void {
    if (this.#tokens !== Number.POSITIVE_INFINITY) this.#tokens -= count;
  }

  /** Milliseconds until some may go. */
  waitMs(): number {
    return Math.max(0, ((this.#least - this.#tokens) * 1000) / this.perSecond);
  }
}
