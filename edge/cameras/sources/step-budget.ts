import type { Clock } from '../../../core/runtime/clock.js';

/** The next look goes on. */
const TIME_MS = 500;
/** So a small folder is read completely also on a busy machine. */
const LEAST_STEPS = 64;

/** Limits a part of a look to a number of steps, and to a time after the first of them. */
export class StepBudget {
  #taken = 0;
  readonly #endsAt: number;

  constructor(
    private readonly steps: number,
    private readonly monotonic: Clock,
  ) {
    this.#endsAt = monotonic() + TIME_MS;
  }

  /** False if there is no step left. */
  take(): boolean {
    if (this.#taken >= this.steps) return false;
    this.#taken++;
    return this.#taken <= LEAST_STEPS || this.monotonic() < this.#endsAt;
  }
}
