import { Semaphore } from './semaphore.js';

export interface LaneLimits {
  /** Fetches under way of cameras that answer quickly. */
  quick: number;
  /** Fetches under way of cameras that do not. */
  slow: number;
  /** How long a fetch counts as quick, in milliseconds. */
  patienceMs: number;
}

export const laneDefaults: LaneLimits = { quick: 8, slow: 24, patienceMs: 500 };

/**
 * Bounds the fetches that run at the same time, so that neither slow nor dead cameras stand in the
 * way of the others. A fetch that outlasts the patience moves to the slow lane as soon as there is
 * room, which frees its place in the quick one; a camera known to be slow begins in the slow lane.
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

  /** Waits for a place, then works. `signal` ends the waiting; the work has its own deadline. */
  async run<T>(isSlow: boolean, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (isSlow) return this.#within(this.#slow, signal, work);
    let release = await this.#quick.acquire(signal);
    const done = new AbortController();
    const move = setTimeout(async () => {
      const place = await this.#slow.acquire(done.signal).catch(() => undefined);
      if (!place) return;
      release();
      release = place;
      if (done.signal.aborted) release();
    }, this.patienceMs);
    try {
      return await work();
    } finally {
      clearTimeout(move);
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
