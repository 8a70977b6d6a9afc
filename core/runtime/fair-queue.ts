import { RoundRobin } from './round-robin.js';

export interface FairQueueLimits {
  /** Work that runs at once. */
  concurrency: number;
  /** Work that waits, of all keys. */
  maxWaiting: number;
  maxWaitingPerKey: number;
}

interface Waiting {
  start(): void;
  cancel(): void;
  isWanted(): boolean;
}

/** The queue has no room for more work, or the work was no longer wanted when its turn came. */
export class NotRunError extends Error {
  override readonly name = 'NotRunError';
}

/**
 * Runs work a few at a time. Each key (an address, a camera) has its turn after the others, so one that has much work
 * delays another by one piece of work, not by all of it.
 */
export class FairQueue {
  readonly #waiting = new RoundRobin<Waiting>();
  #running = 0;

  constructor(private readonly limits: FairQueueLimits) {}

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Settles with the work. Rejects with NotRunError if it was not started. */
  run<T>(key: string, work: () => Promise<T>, isWanted = () => true): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const entry: Waiting = {
        start: () => {
          this.#running++;
          work()
            .then(resolve, reject)
            .finally(() => {
              this.#running--;
              this.#next();
            });
        },
        cancel: () => reject(new NotRunError('no longer wanted')),
        isWanted,
      };
      if (!this.#add(key, entry)) reject(new NotRunError('too much work is waiting'));
    });
  }

  #add(key: string, entry: Waiting): boolean {
    const { maxWaiting, maxWaitingPerKey } = this.limits;
    if (this.#waiting.sizeOf(key) >= maxWaitingPerKey || this.#waiting.size >= maxWaiting)
      return false;
    this.#waiting.add(key, entry);
    this.#next();
    return true;
  }

  #next(): void {
    while (this.#running < this.limits.concurrency) {
      const entry = this.#waiting.take()?.item;
      if (!entry) return;
      if (entry.isWanted()) entry.start();
      else entry.cancel();
    }
  }
}
