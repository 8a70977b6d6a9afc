import { addressGroup } from '../runtime/address-group.js';
import { AttemptThrottle } from '../runtime/attempt-throttle.js';
import { FairQueue, NotRunError } from '../runtime/fair-queue.js';
import type { Account, BrokerAccounts } from './access-rules.js';

export interface LoginRequest {
  username: string;
  password: string;
  /** Of the client. */
  address: string | undefined;
  /** Whether the client still waits for the answer. */
  isWanted(): boolean;
}

export type LoginResult = Account | 'wrong' | 'busy' | 'too many failures';

/** A check takes a thread of libuv's four for some 50 ms; the others are for files and names. */
const LIMITS = { concurrency: 2, maxWaiting: 512, maxWaitingPerKey: 64 };

/**
 * Checks the credentials of clients: a few at a time, each address in its turn, and a name that failed often from an
 * address only after a pause. Credentials that need no check are not delayed by those that do.
 */
export class ClientLogins {
  readonly #queue = new FairQueue(LIMITS);
  readonly #throttle: AttemptThrottle;

  constructor(
    private readonly accounts: BrokerAccounts,
    now: () => number = () => performance.now(),
  ) {
    this.#throttle = new AttemptThrottle({ now });
  }

  /** Rejects if the credentials cannot be checked. */
  async check({ username, password, address, isWanted }: LoginRequest): Promise<LoginResult> {
    const remembered = await this.accounts.recall?.(username, password);
    if (remembered) return remembered;
    if (this.#throttle.waitMs(address, username) > 0) return 'too many failures';
    try {
      return await this.#queue.run(
        addressGroup(address),
        () => this.#verify(username, password, address),
        isWanted,
      );
    } catch (error) {
      if (error instanceof NotRunError) return 'busy';
      throw error;
    }
  }

  async #verify(
    username: string,
    password: string,
    address: string | undefined,
  ): Promise<LoginResult> {
    // Others from the address may have failed while this one waited.
    if (this.#throttle.waitMs(address, username) > 0) return 'too many failures';
    const account = await this.accounts.verify(username, password);
    if (!account) this.#throttle.failed(address, username);
    return account ?? 'wrong';
  }
}
