/** Timers by name, one of each; none holds the process. */
export class Timers<N extends string> {
  readonly #timers = new Map<N, NodeJS.Timeout>();

  has(name: N): boolean {
    return this.#timers.has(name);
  }

  /** In the place of the one of that name that runs, if one does. */
  set(name: N, ms: number, ring: () => void): void {
    this.clear(name);
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      ring();
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
