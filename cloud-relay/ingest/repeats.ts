/** Things that are counted at a time; beyond it the oldest is forgotten. */
const MAX_KEYS = 1_000;

/** Counts how often something came, to find out that it comes the same way however often it is sent. */
export class Repeats {
  readonly #counts = new Map<string, number>();

  /** How often it came, this time included. */
  count(key: string): number {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.delete(key);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size >= MAX_KEYS && oldest !== undefined) this.#counts.delete(oldest);
    this.#counts.set(key, count);
    return count;
  }
}
