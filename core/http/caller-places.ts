import { ProblemError } from '../runtime/errors.js';

export interface CallerPlacesOptions {
  /** In all; each caller has one. */
  all: number;
  /** For the caller, e.g. `export`. */
  what: string;
  retryAfterSeconds: number;
}

/** Bounds costly work in all, and to one for each caller, so that one caller never takes what all need. */
export class CallerPlaces {
  readonly #callers = new Set<string>();

  constructor(private readonly options: CallerPlacesOptions) {}

  get taken(): number {
    return this.#callers.size;
  }

  /**
   * Takes the place of a caller: the owner of a token or session, or a network. Returns what frees it. Throws
   * `rate_limited` if the caller has one, and `exports_busy` if all are taken.
   */
  take(caller: string): () => void {
    const { all, what, retryAfterSeconds: retryAfter } = this.options;
    if (this.#callers.has(caller))
      throw new ProblemError(
        'rate_limited',
        `Another ${what} of yours is under way, and each caller can have one at a time. Wait until it is complete, or cancel it.`,
        { retryAfter },
      );
    if (this.#callers.size >= all)
      throw new ProblemError(
        'exports_busy',
        `The ${what}s of ${all} others are under way, which is the limit. Retry when one is complete.`,
        { retryAfter },
      );
    this.#callers.add(caller);
    return () => this.#callers.delete(caller);
  }
}
