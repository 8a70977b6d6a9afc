import { addressGroup } from '../runtime/address-group.js';

/** Failures that have no consequence: a person who mistypes a password. */
const FREE_FAILURES = 5;
const FIRST_MS = 1_000;
const MAX_MS = 60_000;
/** A failure is forgotten after so long without another one. */
const FORGET_MS = 10 * 60_000;
/** Groups of addresses that are remembered; beyond it the oldest is forgotten. */
const MAX_GROUPS = 10_000;

interface Failures {
  count: number;
  lastAt: number;
}

/**
 * Delays further logins from an address after failed ones, longer each time. By address and never by account: an
 * account that others guess at stays open to its owner, who comes from another address.
 */
export class LoginThrottle {
  readonly #failures = new Map<string, Failures>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Milliseconds until the address may try again; 0 if it may now. */
  waitMs(address: string | undefined): number {
    const known = this.#known(addressGroup(address));
    if (!known || known.count < FREE_FAILURES) return 0;
    const pauseMs = Math.min(MAX_MS, FIRST_MS * 2 ** (known.count - FREE_FAILURES));
    return Math.max(0, known.lastAt + pauseMs - this.now());
  }

  failed(address: string | undefined): void {
    const group = addressGroup(address);
    const count = (this.#known(group)?.count ?? 0) + 1;
    this.#failures.delete(group);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_GROUPS && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(group, { count, lastAt: this.now() });
  }

  #known(group: string): Failures | undefined {
    const known = this.#failures.get(group);
    if (known && this.now() - known.lastAt > FORGET_MS) {
      this.#failures.delete(group);
      return undefined;
    }
    return known;
  }
}
