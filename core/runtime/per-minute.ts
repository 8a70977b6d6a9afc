/** Counts events of the last minute, in a ring buffer of seconds. */
export class PerMinute {
  readonly #seconds = new Uint32Array(60);
  #last = 0;

  constructor(private readonly nowSeconds = () => Math.floor(performance.now() / 1000)) {}

  count(): void {
    this.#forget();
    const at = this.#last % 60;
    this.#seconds[at] = (this.#seconds[at] ?? 0) + 1;
  }

  total(): number {
    this.#forget();
    return this.#seconds.reduce((sum, n) => sum + n, 0);
  }

  #forget(): void {
    const now = this.nowSeconds();
    for (let second = Math.max(this.#last + 1, now - 59); second <= now; second++)
      this.#seconds[second % 60] = 0;
    this.#last = now;
  }
}
