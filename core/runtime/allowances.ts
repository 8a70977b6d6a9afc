export interface AllowanceOptions {
  /** How much one may spend at once. It comes back evenly over the period. */
  amount: number;
  periodMs: number;
  /** Milliseconds, from any moment on. */
  now?: () => number;
}

interface Account {
  spent: number;
  at: number;
}

/** Accounts that are remembered; beyond that, those that owe the least are forgotten. */
const MAX_ACCOUNTS = 10_000;

/**
 * What each of many may spend in a period, e.g. seconds of a processor. What something costs may be known only
 * afterwards: one may overspend then, and has to wait until the debt is paid.
 */
export class Allowances {
  readonly #accounts = new Map<string, Account>();
  readonly #now: () => number;

  constructor(private readonly options: AllowanceOptions) {
    this.#now = options.now ?? (() => performance.now());
  }

  /** Seconds until the one may spend so much more, or anything if it is 0; undefined if that is so now. */
  waitFor(name: string, amount = 0): number | undefined {
    const { amount: limit } = this.options;
    const excess = this.#spent(name) + amount - limit;
    const isFree = amount > 0 ? excess <= 0 : excess < 0;
    return isFree ? undefined : Math.max(1, Math.ceil(excess / this.#perMs / 1_000));
  }

  /** A negative amount is given back. */
  spend(name: string, amount: number): void {
    if (!this.#accounts.has(name) && this.#accounts.size >= MAX_ACCOUNTS) this.#forget();
    const spent = Math.max(0, this.#spent(name) + amount);
    this.#accounts.set(name, { spent, at: this.#now() });
  }

  get #perMs(): number {
    return this.options.amount / this.options.periodMs;
  }

  #spent(name: string): number {
    const account = this.#accounts.get(name);
    if (!account) return 0;
    return Math.max(0, account.spent - (this.#now() - account.at) * this.#perMs);
  }

  #forget(): void {
    const names = [...this.#accounts.keys()].sort((a, b) => this.#spent(a) - this.#spent(b));
    for (const name of names.slice(0, MAX_ACCOUNTS / 2)) this.#accounts.delete(name);
  }
}
