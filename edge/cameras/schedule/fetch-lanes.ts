import { Semaphore } from '../../../core/runtime/semaphore.js';

export interface LaneLimits {
  /** Concurrent fetches of cameras that respond quickly. */
  quick: number;
  /** Concurrent fetches of cameras that do not. */
  slow: number;
  /** A fetch that takes longer, in milliseconds, counts as slow. */
  patienceMs: number;
}

export const laneDefaults: LaneLimits = { quick: 8, slow: 24, patienceMs: 500 };

/**
 * Bounds concurrent fetches, so that slow and unreachable cameras do not block the others. A fetch that takes longer
 * than `patienceMs` moves to the slow lane as soon as a permit is free there, and releases its permit of the quick lane.
 * A camera known to be slow starts in the slow lane.
 */
export class FetchLanes {
  readonly #quick: Semaphore;
  readonly #slow: Semaphore;
  readonly patienceMs: number;

  constructor({ quick, slow, patienceMs }: LaneLimits = laneDefaults) {
    this.#quick = new Semaphore(quick);
    this.#slow = new Semaphore(slow);
    this.patienceMs = patienceMs;
  }

  /** Waits for a permit, then runs `work`. `signal` aborts the wait; the work has its own deadline. */
  async run<T>(isSlow: boolean, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (isSlow) return this.#within(this.#slow, signal, work);
    let release = await this.#quick.acquire(signal);
    const done = new AbortController();
    const moveTimer = setTimeout(async () => {
      const slowRelease = await this.#slow.acquire(done.signal).catch(() => undefined);
      if (!slowRelease) return;
      release();
      release = slowRelease;
      if (done.signal.aborted) release();
    }, this.patienceMs);
    try {
      return await work();
    } finally {
      clearTimeout(moveTimer);
      done.abort();
      release();
    }
  }

  async #within<T>(lane: Semaphore, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const release = await lane.acquire(signal);
    try {
      return await work();
    } finally {
      release();
    }
  }
}
