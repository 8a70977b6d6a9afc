/**
 * Takes the steps of a long task one by one over several runs. A step that does not end before `signal` aborts is not
 * lost, and not begun a second time: the next run waits for it, too.
 */
export class StepReader<T> {
  #step: Promise<IteratorResult<T, void>> | undefined;

  constructor(private readonly steps: AsyncGenerator<T, void, void>) {}

  async next(signal: AbortSignal): Promise<IteratorResult<T, void>> {
    signal.throwIfAborted();
    this.#step ??= this.steps.next();
    const result = await abortable(this.#step, signal).catch((error) => {
      if (!signal.aborted) this.#step = undefined;
      throw error;
    });
    this.#step = undefined;
    return result;
  }

  /** Ends the task, and releases what it has open. */
  close(): void {
    void this.steps.return().catch(() => undefined);
  }
}

/** Rejects with the signal's reason as soon as it aborts. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const ended = () => signal.removeEventListener('abort', onAbort);
    work.then(
      (value) => {
        ended();
        resolve(value);
      },
      (error) => {
        ended();
        reject(error);
      },
    );
  });
}
