import type { Clock } from './clock.js';

/** Detects steps of the wall clock by comparing it with a monotonic clock. Slewing stays below the tolerance. */
export class ClockSteps {
  #wallMs: number;
  #monotonicMs: number;

  constructor(
    private readonly clock: Clock,
    /** Smaller differences count as none. */
    private readonly toleranceMs: number,
    private readonly monotonic = () => performance.now(),
  ) {
    this.#wallMs = clock();
    this.#monotonicMs = monotonic();
  }

  /**
   * Milliseconds by which the wall clock was stepped since the last call: negative if it was set back, 0 if it was not
   * stepped. A suspended machine shows as a step forward.
   */
  sinceLastCall(): number {
    const [wall, monotonic] = [this.clock(), this.monotonic()];
    const step = wall - this.#wallMs - (monotonic - this.#monotonicMs);
    this.#wallMs = wall;
    this.#monotonicMs = monotonic;
    return Math.abs(step) >= this.toleranceMs ? step : 0;
  }
}
