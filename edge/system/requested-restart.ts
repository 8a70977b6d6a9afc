import type { Restart } from '../../core/runtime/lifecycle.js';

/** The response reaches the browser before the services stop. */
const AFTER_MS = 500;
const STOPPING_SECONDS = 3;

/** A restart of all services in the same process, which an administrator asks for. */
export class RequestedRestart implements Restart {
  readonly due: Promise<void>;
  readonly #createdAt = performance.now();
  #startMs = 0;
  #now: () => void = () => undefined;
  #reason: string | undefined;

  constructor(private readonly afterMs = AFTER_MS) {
    this.due = new Promise<void>((resolve) => {
      this.#now = resolve;
    });
  }

  get reason(): string | undefined {
    return this.#reason;
  }

  /** The services have started. */
  started(): void {
    this.#startMs = performance.now() - this.#createdAt;
  }

  /** Returns in how many seconds the services should be there again. Asking twice is asking once. */
  request(by: string): number {
    if (this.#reason === undefined) {
      this.#reason = `${by} asked for it`;
      setTimeout(() => this.#now(), this.afterMs);
    }
    return Math.ceil(STOPPING_SECONDS + (this.#startMs / 1_000) * 1.5);
  }
}
