import { ProblemError } from '../runtime/errors.js';
import { FairQueue, NotRunError } from '../runtime/fair-queue.js';

/** OWASP's recommendation for argon2id. A hash takes this many KiB and some 50 ms of one core. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Beside the one that is checked. Each waits for one of every other caller: for some 13 s at worst. */
const LIMITS = { concurrency: 1, maxWaiting: 256, maxWaitingPerKey: 8 };

/** Compared with if there is no such user, so that the answer takes as long. */
let nobody: Promise<string> | undefined;

/**
 * Hashes passwords with argon2id, one at a time, so that logins take one core and 19 MiB at most. Each caller, such as
 * the network of an address, has its turn after the others, and a small share of the queue.
 */
export class PasswordHasher {
  readonly #queue = new FairQueue(LIMITS);

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
    try {
      return await this.#queue.run(caller, work);
    } catch (error) {
      if (!(error instanceof NotRunError)) throw error;
      throw new ProblemError('rate_limited', 'Too many passwords are being checked.', {
        retryAfter: 1,
      });
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
