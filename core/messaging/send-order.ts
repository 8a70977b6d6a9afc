/**
 * Work that may run together, and work that runs alone. Work that runs alone waits for all that is running; what comes
 * later waits for it.
 */
export class SendOrder {
  readonly #running = new Set<Promise<void>>();
  /** Resolves when the last work that runs alone has ended. */
  #alone: Promise<void> | undefined;
  #waiting = 0;

  /** Work that has not begun. */
  get waiting(): number {
    return this.#waiting;
  }

  together(work: () => Promise<void>): Promise<void> {
    if (!this.#alone) return this.#run(work);
    return this.#after(this.#alone, () => this.together(work));
  }

  alone(work: () => Promise<void>): Promise<void> {
    const idle = (this.#alone ?? Promise.resolve()).then(async () => {
      await Promise.allSettled(this.#running);
    });
    const result = this.#after(idle, () => this.#run(work));
    const ended = result
      .catch(() => undefined)
      .then(() => {
        if (this.#alone === ended) this.#alone = undefined;
      });
    this.#alone = ended;
    return result;
  }

  async #after(ready: Promise<void>, next: () => Promise<void>): Promise<void> {
    this.#waiting++;
    await ready.finally(() => {
      this.#waiting--;
    });
    return next();
  }

  #run(work: () => Promise<void>): Promise<void> {
    const running = work();
    this.#running.add(running);
    const forget = () => void this.#running.delete(running);
    running.then(forget, forget);
    return running;
  }
}
