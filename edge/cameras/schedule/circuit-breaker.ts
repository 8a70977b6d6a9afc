import type { CircuitState } from '../camera-status.js';

/** Failures in a row after which a camera counts as offline. */
const TOLERATED = 3;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Asks a failing camera less often. After three failures in a row it is open: attempts are refused
 * for 5 s, then one is let through as a probe; each further failure doubles the pause, up to 60 s.
 */
export class CircuitBreaker {
  #failures = 0;
  #probeAt = 0;

  get failures(): number {
    return this.#failures;
  }

  get isOpen(): boolean {
    return this.#failures >= TOLERATED;
  }

  /** When the next attempt is let through, in milliseconds since the epoch; 0 where it is at once. */
  get probeAt(): number {
    return this.#probeAt;
  }

  state(now: number): CircuitState {
    if (!this.isOpen) return 'closed';
    return now < this.#probeAt ? 'open' : 'half-open';
  }

  succeeded(): void {
    this.#failures = 0;
    this.#probeAt = 0;
  }

  failed(now: number): void {
    this.#failures++;
    if (!this.isOpen) return;
    const doublings = Math.min(this.#failures - TOLERATED, 10);
    this.#probeAt = now + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** doublings);
  }
}
