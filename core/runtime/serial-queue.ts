/** Runs work in the order of the calls, one at a time. Failed work does not stop the next. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves and rejects with the work. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Resolves when all work so far has ended, successfully or not. */
  ended(): Promise<unknown> {
    return this.#last;
  }
}

/** A queue for each key; keys do not wait for each other. */
export class KeyedSerialQueue {
  readonly #queues = new Map<string, SerialQueue>();

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(key) ?? new SerialQueue();
    this.#queues.set(key, queue);
    const result = queue.run(work);
    const ended = queue.ended();
    void ended.then(() => {
      if (queue.ended() === ended) this.#queues.delete(key);
    });
    return result;
  }
}
