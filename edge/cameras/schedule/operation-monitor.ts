/** What an operation may take beyond its own bound before it counts as hanging. */
const GRACE_MS = 30_000;

/** Finds operations that neither end nor react to their deadline. */
export class OperationMonitor {
  readonly #running = new Set<{ name: string; dueAt: number }>();

  constructor(private readonly monotonic = () => performance.now()) {}

  /** Runs an operation that should end within `boundMs`. */
  async track<T>(name: string, boundMs: number, operation: () => Promise<T>): Promise<T> {
    const entry = { name, dueAt: this.monotonic() + boundMs + GRACE_MS };
    this.#running.add(entry);
    try {
      return await operation();
    } finally {
      this.#running.delete(entry);
    }
  }

  /** The name of an operation that hangs; undefined if none does. */
  hanging(): string | undefined {
    const now = this.monotonic();
    return [...this.#running].find(({ dueAt }) => now > dueAt)?.name;
  }
}
