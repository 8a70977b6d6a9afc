import { addressGroup } from '../runtime/address-group.js';
import { Allowances } from '../runtime/allowances.js';

/** Failures that have no consequence: a person who mistypes a password. */
const FREE_FAILURES = 5;
const FIRST_MS = 1_000;
const MAX_MS = 60_000;
/** A failure is forgotten after so long without another one. */
const FORGET_MS = 10 * 60_000;
/** Pairs of an address and a user name that are remembered; beyond it the oldest is forgotten. */
const MAX_PAIRS = 10_000;
/** Failures of one address with any names: one every five seconds once these are used up. */
const OF_ADDRESS = { amount: 120, periodMs: 10 * 60_000 };

interface Failures {
  count: number;
  lastAt: number;
}

/**
 * Delays further logins after failed ones: of a user name from one address, longer each time, and of an address beyond
 * an allowance. Other addresses never wait, so that nobody can lock an account's owner out. Other names do not wait for
 * one that fails again and again: behind a balancer or a translated address, all sites may have one address.
 */
export class LoginThrottle {
  readonly #failures = new Map<string, Failures>();
  readonly #ofAddress: Allowances;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.#ofAddress = new Allowances({ ...OF_ADDRESS, now });
  }

  /** Milliseconds until the name may try again from the address; 0 if it may now. */
  waitMs(address: string | undefined, username: string): number {
    const group = addressGroup(address);
    const known = this.#known(keyOf(group, username));
    const count = known?.count ?? 0;
    const pauseMs =
      count < FREE_FAILURES ? 0 : Math.min(MAX_MS, FIRST_MS * 2 ** (count - FREE_FAILURES));
    const ofNameMs = known ? known.lastAt + pauseMs - this.now() : 0;
    return Math.max(0, ofNameMs, 1_000 * (this.#ofAddress.waitFor(group, 1) ?? 0));
  }

  failed(address: string | undefined, username: string): void {
    const group = addressGroup(address);
    const key = keyOf(group, username);
    const count = (this.#known(key)?.count ?? 0) + 1;
    this.#failures.delete(key);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_PAIRS && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(key, { count, lastAt: this.now() });
    this.#ofAddress.spend(group, 1);
  }

  #known(key: string): Failures | undefined {
    const known = this.#failures.get(key);
    if (known && this.now() - known.lastAt > FORGET_MS) {
      this.#failures.delete(key);
      return undefined;
    }
    return known;
  }
}

/** A client chose its name, of up to 64 kB. */
const keyOf = (group: string, username: string): string => `${group} ${username.slice(0, 128)}`;
