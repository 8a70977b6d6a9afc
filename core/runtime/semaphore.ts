export type Release = () => void;

/** A counting semaphore. Permits are granted in the order of the requests. */
export class Semaphore {
  #available: number;
  readonly #waiting = new Set<() => void>();

  constructor(permits: number) {
    this.#available = permits;
  }

  /** Acquires a permit and returns its release, which is idempotent. Rejects if `signal` aborts first. */
  async acquire(signal: AbortSignal): Promise<Release> {
    signal.throwIfAborted();
    if (this.#available > 0) this.#available--;
    else await this.#wait(signal);
    let isHeld = true;
    return () => {
      if (isHeld) this.#release();
      isHeld = false;
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const grant = () => {
        signal.removeEventListener('abort', cancel);
        resolve();
      };
      const cancel = () => {
        this.#waiting.delete(grant);
        reject(signal.reason);
      };
      this.#waiting.add(grant);
      signal.addEventListener('abort', cancel, { once: true });
    });
  }

  #release(): void {
    const [next] = this.#waiting;
    if (next) {
      this.#waiting.delete(next);
      next();
    } else this.#available++;
  }
}
