/** Runs what is asked for in the order of asking, one at a time; what fails does not keep the next from running. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves and rejects as the work does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Resolves when all that was asked for until now has ended, however it did. */
  ended(): Promise<unknown> {
    return this.#last;
  }
}

/** A turn for each key; keys do not wait for each other. */
export class KeyedSerialQueue {
  readonly #turns = new Map<string, SerialQueue>();

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(key) ?? new SerialQueue();
    this.#turns.set(key, turn);
    const result = turn.run(work);
    const ended = turn.ended();
    void ended.then(() => {
      if (turn.ended() === ended) this.#turns.delete(key);
    });
    return result;
  }
}
