import type { Clock } from '../../../core/runtime/clock.js';

/** Smaller ones are a clock that is being kept right, and change no order that matters. */
const LEAST_MS = 2_000;

/** Notices when the machine's clock has been set back, by a clock that only goes on. */
export class ClockJumps {
  #lastMs: number;
  #lastSteadyMs: number;

  constructor(
    private readonly clock: Clock,
    private readonly steady = () => performance.now(),
  ) {
    this.#lastMs = clock();
    this.#lastSteadyMs = steady();
  }

  /** By how many milliseconds it has been set back since the last call; 0 where it has not. */
  setBack(): number {
    const [now, steady] = [this.clock(), this.steady()];
    const expected = this.#lastMs + (steady - this.#lastSteadyMs);
    this.#lastMs = now;
    this.#lastSteadyMs = steady;
    return expected - now >= LEAST_MS ? expected - now : 0;
  }
}
