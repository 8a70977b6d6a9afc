import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';

/** Nothing else runs in the process meanwhile: SQLite is synchronous. */
export const SLOW_MS = 50;
const LOG_EVERY_MS = 600_000;
const MAX_TEXT = 300;

/** How long the statements of an SQLite database take, and a log of those that take long, without their values. */
export class StatementTimer {
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);
  #slow = 0;
  #longest = { ms: 0, statement: '' };

  constructor(
    private readonly log?: Logger,
    private readonly slowMs = SLOW_MS,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Statements that took longer than `slowMs`. */
  get slow(): number {
    return this.#slow;
  }

  get longest(): { ms: number; statement: string } {
    return this.#longest;
  }

  /** Forgets the longest. */
  reset(): void {
    this.#longest = { ms: 0, statement: '' };
  }

  time<T>(text: string, run: () => T): T {
    const startedAt = this.now();
    try {
      return run();
    } finally {
      this.#took(text, this.now() - startedAt);
    }
  }

  #took(text: string, ms: number): void {
    if (ms > this.#longest.ms) this.#longest = { ms, statement: described(text) };
    if (ms <= this.slowMs) return;
    this.#slow++;
    const statement = described(text);
    if (this.log && this.#throttle.isDue(statement))
      this.log.warn(
        { statement, ms: Math.round(ms) },
        'slow statement: nothing else ran meanwhile',
      );
  }
}

/** Rows of parameters are shortened to one, and literals to `?`: the text names the statement and holds no values. */
const described = (text: string): string =>
  text
    .replace(/'(?:[^']|'')*'/g, '?')
    .replace(/\s+/g, ' ')
    .replace(/\((?:\?, ?)*\?\)(?:, \((?:\?, ?)*\?\))+/g, '(?), …')
    .replace(/\((?:\?, ?)+\?\)/g, '(?, …)')
    .slice(0, MAX_TEXT);
