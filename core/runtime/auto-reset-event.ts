/** Wakes one waiter for each `set`; several before the next `wait` count as one. */
export class AutoResetEvent {
  #isSet = false;
  #resolve: (() => void) | undefined;

  set(): void {
    this.#isSet = true;
    this.#resolve?.();
  }

  /**
   * Resolves with true when the event is set, at once if it is already, and resets it. Resolves with false if it was
   * not set within `timeoutMs`.
   */
  async wait(timeoutMs?: number): Promise<boolean> {
    if (!this.#isSet) await this.#untilSet(timeoutMs);
    const wasSet = this.#isSet;
    this.#isSet = false;
    return wasSet;
  }

  async #untilSet(timeoutMs: number | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#resolve = resolve;
      if (timeoutMs !== undefined) timer = setTimeout(resolve, timeoutMs);
    });
    clearTimeout(timer);
    this.#resolve = undefined;
  }
}
