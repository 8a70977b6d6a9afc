/** Wakes the one who waits. Rings while nobody waits are remembered as one. */
export class AutoResetEvent {
  #rung = false;
  #answer: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#answer?.();
  }

  async wait(): Promise<void> {
    if (!this.#rung)
      await new Promise<void>((resolve) => {
        this.#answer = resolve;
      });
    this.#answer = undefined;
    this.#rung = false;
  }
}
