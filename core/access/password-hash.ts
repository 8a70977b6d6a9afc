import { ProblemError } from '../runtime/errors.js';
import { Semaphore } from '../runtime/semaphore.js';

/** OWASP's recommendation for argon2id. A hash takes this many KiB and some 50 ms of one core. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const MAX_WAITING = 32;
const MAX_WAITING_PER_CALLER = 8;

/** Compared with if there is no such user, so that the answer takes as long. */
let nobody: Promise<string> | undefined;

/**
 * Hashes passwords with argon2id, one at a time, so that log-ins take one core and 19 MiB at most. Each caller, such as
 * an address, has a small share of the queue.
 */
export class PasswordHasher {
  readonly #turns = new Semaphore(1);
  readonly #waiting = new Map<string, number>();
  #total = 0;

  /** Throws `rate_limited` if too many are waiting. */
  hash(password: string, caller: string): Promise<string> {
    return this.#inTurn(caller, () => hashed(password));
  }

  /** Whether the password is that of `stored`. It takes as long if `stored` is undefined. Throws `rate_limited`. */
  verify(stored: string | undefined, password: string, caller: string): Promise<boolean> {
    return this.#inTurn(caller, async () => {
      const { verify } = await import('argon2');
      nobody ??= hashed('nobody');
      const isRight = await verify(stored ?? (await nobody), normalized(password));
      return isRight && stored !== undefined;
    });
  }

  async #inTurn<T>(caller: string, work: () => Promise<T>): Promise<T> {
    const mine = this.#waiting.get(caller) ?? 0;
    if (mine >= MAX_WAITING_PER_CALLER || this.#total >= MAX_WAITING)
      throw new ProblemError('rate_limited', 'Too many passwords are being checked.', {
        retryAfter: 1,
      });
    this.#total++;
    this.#waiting.set(caller, mine + 1);
    const release = await this.#turns.acquire(new AbortController().signal);
    try {
      return await work();
    } finally {
      release();
      this.#total--;
      const left = (this.#waiting.get(caller) ?? 1) - 1;
      if (left > 0) this.#waiting.set(caller, left);
      else this.#waiting.delete(caller);
    }
  }
}

/** The addon is loaded with the first password: most appliances never need it. */
async function hashed(password: string): Promise<string> {
  const { argon2id, hash } = await import('argon2');
  return hash(normalized(password), { ...COST, type: argon2id });
}

/** Keyboards write the same character in different ways. */
const normalized = (password: string): string => password.normalize('NFKC');
