/** Most keys that are remembered; beyond it the oldest is forgotten, and may be told of again. */
const MAX_KEYS = 1_000;

/** Keeps a log readable: says whether it is time again to tell of something. */
export class LogThrottle {
  readonly #told = new Map<string, number>();

  constructor(
    private readonly everyMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  isDue(key: string): boolean {
    const now = this.now();
    const told = this.#told.get(key);
    if (told !== undefined && now - told < this.everyMs) return false;
    this.#told.delete(key);
    const [oldest] = this.#told.keys();
    if (this.#told.size >= MAX_KEYS && oldest !== undefined) this.#told.delete(oldest);
    this.#told.set(key, now);
    return true;
  }
}
