/** Wakes one waiter for each `set`; several before the next `wait` count as one. */
export class AutoResetEvent {
  #isSet = false;
  #resolve: (() => void) | undefined;

  set(): void {
    this.#isSet = true;
    this.#resolve?.();
  }

  /** Resolves when the event is set, at once if it is already, and resets it. */
  async wait(): Promise<void> {
    if (!this.#isSet)
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
    this.#resolve = undefined;
    this.#isSet = false;
  }
}
