/** Counts work in progress and reports when the limit is reached. */
export class PendingWork {
  #count = 0;
  #onDone: (() => void) | undefined;

  constructor(private readonly max: number) {}

  /** `work` must not reject. If the limit is reached, returns a promise that resolves when more may begin. */
  begin(work: Promise<void>): Promise<void> | undefined {
    this.#count++;
    void work.then(() => {
      this.#count--;
      this.#onDone?.();
    });
    if (this.#count < this.max) return undefined;
    return new Promise((resolve) => {
      this.#onDone = resolve;
    });
  }
}
