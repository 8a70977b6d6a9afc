/** Counts what is under way, and tells when there is no room for more. */
export class PendingWork {
  #count = 0;
  #onRoom: (() => void) | undefined;

  constructor(private readonly max: number) {}

  /** `work` must not reject. Where there is no room for more, answers with a promise of the moment when there is. */
  begin(work: Promise<void>): Promise<void> | undefined {
    this.#count++;
    void work.then(() => {
      this.#count--;
      this.#onRoom?.();
    });
    if (this.#count < this.max) return undefined;
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }
}
