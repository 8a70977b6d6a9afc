/** At most `count` restarts within any `windowMs`. Further ones wait until the oldest leaves the window. */
export class RestartBudget {
  /** When the last `count` restarts happened or will happen, in milliseconds, oldest first. */
  #times: number[] = [];

  constructor(
    private readonly count: number,
    private readonly windowMs: number,
  ) {}

  /** Books a restart. The result is how many milliseconds from `now` it has to wait. */
  book(now: number): number {
    const oldest = this.#times.length < this.count ? undefined : this.#times[0];
    const at = oldest === undefined ? now : Math.max(now, oldest + this.windowMs);
    this.#times = [...this.#times, at].slice(-this.count);
    return at - now;
  }
}
