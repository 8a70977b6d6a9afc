import type { CircuitState } from '../camera-status.js';

/** Consecutive failures after which a camera counts as offline. */
const FAILURE_THRESHOLD = 3;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Reduces the attempts at a failing camera. After three consecutive failures the circuit opens: no attempts for 5 s,
 * then one probe. Each further failure doubles the pause, up to 60 s. Its times are steady: a clock that is set back does
 * not suspend a camera for as long.
 */
export class CircuitBreaker {
  #failures = 0;
  #probeAt = 0;

  get failures(): number {
    return this.#failures;
  }

  /** Open or half-open. */
  get isTripped(): boolean {
    return this.#failures >= FAILURE_THRESHOLD;
  }

  /** Time of the next probe, by steady time; 0 if attempts are not paused. */
  get probeAt(): number {
    return this.#probeAt;
  }

  state(now: number): CircuitState {
    if (!this.isTripped) return 'closed';
    return now < this.#probeAt ? 'open' : 'half-open';
  }

  recordSuccess(): void {
    this.#failures = 0;
    this.#probeAt = 0;
  }

  recordFailure(now: number): void {
    this.#failures++;
    if (!this.isTripped) return;
    const doublings = Math.min(this.#failures - FAILURE_THRESHOLD, 10);
    this.#probeAt = now + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** doublings);
  }
}
