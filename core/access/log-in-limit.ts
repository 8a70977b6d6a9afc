import { networkOf } from '../http/guards.js';
import { ProblemError } from '../runtime/errors.js';

interface Failures {
  count: number;
  /** When the next attempt is allowed, and when the failures are forgotten. */
  allowedAt: number;
  forgottenAt: number;
}

const MAX_KEYS = 10_000;
const FORGET_MS = 30 * 60_000;
const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 60_000;
/** Attempts without a delay: people mistype. An address may be that of many people. */
const FREE = { pair: 3, address: 10 };

/**
 * A growing delay after failed log-ins, for each address, and for each account from that address. No other address is
 * delayed, so that nobody can lock the right user out.
 */
export class LogInLimit {
  readonly #failures = new Map<string, Failures>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Throws `rate_limited` while the next attempt is not allowed. Counts an attempt until `succeeded` is called. */
  attempt(address: string, account: string): void {
    const keys = keysOf(address, account);
    const waits = keys.map(([key]) => (this.#of(key)?.allowedAt ?? 0) - this.now());
    const waitMs = Math.max(...waits);
    if (waitMs > 0)
      throw new ProblemError('rate_limited', 'Too many log-ins have failed. Try again later.', {
        retryAfter: waitMs / 1_000,
      });
    for (const [key, free] of keys) this.#fail(key, free);
  }

  /** The failures of this account from this address are forgotten; those of the address for other accounts are not. */
  succeeded(address: string, account: string): void {
    const [[pair], [all]] = keysOf(address, account);
    const mine = this.#failures.get(pair)?.count ?? 0;
    this.#failures.delete(pair);
    const failures = this.#failures.get(all);
    if (!failures) return;
    failures.count -= Math.min(mine, failures.count);
    failures.allowedAt = 0;
  }

  #of(key: string): Failures | undefined {
    const failures = this.#failures.get(key);
    if (failures && failures.forgottenAt <= this.now()) {
      this.#failures.delete(key);
      return undefined;
    }
    return failures;
  }

  #fail(key: string, free: number): void {
    const count = (this.#of(key)?.count ?? 0) + 1;
    this.#failures.delete(key);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_KEYS && oldest !== undefined) this.#failures.delete(oldest);
    const delayMs =
      count < free ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(count - free, 20));
    const allowedAt = this.now() + delayMs;
    this.#failures.set(key, { count, allowedAt, forgottenAt: this.now() + FORGET_MS });
  }
}

const keysOf = (address: string, account: string) => {
  const network = networkOf(address);
  return [
    [JSON.stringify([network, account]), FREE.pair],
    [network, FREE.address],
  ] as const;
};
