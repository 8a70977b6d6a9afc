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
  readonly #waiting = new Map<string, Waiting[]>();
  #running = 0;
  #count = 0;

  constructor(private readonly limits: FairQueueLimits) {}

  get waiting(): number {
    return this.#count;
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
    const own = this.#waiting.get(key) ?? [];
    const { maxWaiting, maxWaitingPerKey } = this.limits;
    if (own.length >= maxWaitingPerKey || this.#count >= maxWaiting) return false;
    own.push(entry);
    this.#count++;
    this.#waiting.set(key, own);
    this.#next();
    return true;
  }

  #next(): void {
    while (this.#running < this.limits.concurrency) {
      const entry = this.#take();
      if (!entry) return;
      if (entry.isWanted()) entry.start();
      else entry.cancel();
    }
  }

  /** Of the key whose turn it is; it goes behind the others. */
  #take(): Waiting | undefined {
    const [first] = this.#waiting;
    if (!first) return undefined;
    const [key, own] = first;
    const entry = own.shift();
    this.#count--;
    this.#waiting.delete(key);
    if (own.length > 0) this.#waiting.set(key, own);
    return entry;
  }
}
