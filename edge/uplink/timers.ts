/** Named timers, one of each name. They do not keep the process alive. */
export class Timers<N extends string> {
  readonly #timers = new Map<N, NodeJS.Timeout>();

  has(name: N): boolean {
    return this.#timers.has(name);
  }

  /** Replaces the running timer of that name, if there is one. */
  set(name: N, ms: number, callback: () => void): void {
    this.clear(name);
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      callback();
    }, ms);
    this.#timers.set(name, timer.unref());
  }

  clear(name: N): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  clearAll(): void {
    for (const name of this.#timers.keys()) this.clear(name);
  }
}
