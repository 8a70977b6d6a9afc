interface Waiting<I, O> {
  item: I;
  resolve(value: O): void;
  reject(error: unknown): void;
}

/**
 * Collects items that arrive while an earlier batch is being written, and writes them as one: a group commit.
 * A batch holds at most `maxBatch` items. It is written as soon as it is full or has gathered for `lingerMs`;
 * what waits is bounded by the callers, who each wait for their own.
 */
export class Batcher<I, O> {
  readonly #waiting: Waiting<I, O>[] = [];
  #running = false;
  #onFull: (() => void) | undefined;

  /** `write` gets the items in order and answers with one result each; if it throws, every one of them fails. */
  constructor(
    private readonly write: (items: I[]) => Promise<O[]>,
    private readonly maxBatch = 256,
    private readonly lingerMs = 0,
  ) {}

  /** Items that no batch has taken yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(item: I): Promise<O> {
    return new Promise<O>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#running) {
        this.#running = true;
        void this.#drain();
      } else if (this.#waiting.length >= this.maxBatch) {
        this.#onFull?.();
      }
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather();
      const batch = this.#waiting.splice(0, this.maxBatch);
      try {
        const results = await this.write(batch.map(({ item }) => item));
        for (const [i, waiting] of batch.entries()) waiting.resolve(results[i] as O);
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    this.#running = false;
  }

  #gather(): Promise<void> {
    return new Promise((resolve) => {
      // After the I/O of this turn, so that requests that arrived together share a commit.
      if (this.lingerMs === 0 || this.#waiting.length >= this.maxBatch) {
        setImmediate(resolve);
        return;
      }
      const timer = setTimeout(resolve, this.lingerMs);
      this.#onFull = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
