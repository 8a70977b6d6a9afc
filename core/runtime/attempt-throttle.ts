import { addressGroup } from './address-group.js';
import { Allowances } from './allowances.js';

export interface AttemptThrottleOptions {
  /** The failure from which on a name waits: a person may mistype a password. */
  free?: number;
  /** A failure is forgotten after so long without another one. */
  forgetMs?: number;
  /** Failures of one address with any names within ten minutes. Once they are used up, they come back evenly. */
  ofAddress?: number;
  now?: (() => number) | undefined;
}

interface Failures {
  count: number;
  at: number;
  /** When the next attempt is allowed. */
  allowedAt: number;
}

const TEN_MINUTES_MS = 10 * 60_000;
const FIRST_MS = 1_000;
const MAX_MS = 60_000;
/** Pairs of an address and a name that are remembered; beyond it the oldest is forgotten. */
const MAX_PAIRS = 10_000;

/**
 * Delays further attempts to log in after failed ones: of a name from one address, longer each time, and of an address
 * beyond an allowance. Other addresses never wait, so that nobody can lock an account's owner out. Other names do not
 * wait for one that fails again and again: behind a balancer or a translated address, all may have one address.
 */
export class AttemptThrottle {
  readonly #failures = new Map<string, Failures>();
  readonly #ofAddress: Allowances;
  readonly #free: number;
  readonly #forgetMs: number;
  readonly #now: () => number;

  constructor(options: AttemptThrottleOptions = {}) {
    const { free = 5, forgetMs = TEN_MINUTES_MS, ofAddress = 120 } = options;
    const { now = () => performance.now() } = options;
    this.#free = free;
    this.#forgetMs = forgetMs;
    this.#now = now;
    this.#ofAddress = new Allowances({ amount: ofAddress, periodMs: TEN_MINUTES_MS, now });
  }

  /** Milliseconds until the name may try again from the address; 0 if it may now. */
  waitMs(address: string | undefined, name: string): number {
    const group = addressGroup(address);
    const ofNameMs = (this.#known(keyOf(group, name))?.allowedAt ?? 0) - this.#now();
    return Math.max(0, ofNameMs, 1_000 * (this.#ofAddress.waitFor(group, 1) ?? 0));
  }

  failed(address: string | undefined, name: string): void {
    const group = addressGroup(address);
    const key = keyOf(group, name);
    const count = (this.#known(key)?.count ?? 0) + 1;
    this.#failures.delete(key);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_PAIRS && oldest !== undefined) this.#failures.delete(oldest);
    const pauseMs = count < this.#free ? 0 : Math.min(MAX_MS, FIRST_MS * 2 ** (count - this.#free));
    const at = this.#now();
    this.#failures.set(key, { count, at, allowedAt: at + pauseMs });
    this.#ofAddress.spend(group, 1);
  }

  /** Takes back a failure that was counted before the attempt was decided, and was not. */
  withdraw(address: string | undefined, name: string): void {
    const group = addressGroup(address);
    const known = this.#known(keyOf(group, name));
    if (!known) return;
    known.count--;
    known.allowedAt = this.#now();
    this.#ofAddress.spend(group, -1);
  }

  /** Forgets the failures of the name at the address; those of the address with other names stay. */
  succeeded(address: string | undefined, name: string): void {
    const group = addressGroup(address);
    const key = keyOf(group, name);
    this.#ofAddress.spend(group, -(this.#known(key)?.count ?? 0));
    this.#failures.delete(key);
  }

  #known(key: string): Failures | undefined {
    const known = this.#failures.get(key);
    if (known && this.#now() - known.at > this.#forgetMs) {
      this.#failures.delete(key);
      return undefined;
    }
    return known;
  }
}

/** A client chose its name, of up to 64 kB. */
const keyOf = (group: string, name: string): string => `${group} ${name.slice(0, 128)}`;
