interface Pending<I, O> {
  item: I;
  resolve(value: O): void;
  reject(error: unknown): void;
}

/**
 * Collects items that arrive while an earlier batch is being written, and writes them as one: a group commit.
 * A batch holds at most `maxBatch` items. It is written as soon as it is full or has gathered for `lingerMs`;
 * The callers bound the number of waiting items, since each waits for its own.
 */
export class Batcher<I, O> {
  readonly #waiting: Pending<I, O>[] = [];
  #running = false;
  #onFull: (() => void) | undefined;

  /** `write` gets the items in order and resolves with one result for each; if it throws, all of them fail. */
  constructor(
    private readonly write: (items: I[]) => Promise<O[]>,
    private readonly maxBatch = 256,
    private readonly lingerMs = 0,
  ) {}

  /** Items that are not in a batch yet. */
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
      await this.#collectItems();
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

  #collectItems(): Promise<void> {
    return new Promise((resolve) => {
      // After the I/O of this iteration of the event loop, so that requests that arrived together share a commit.
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
