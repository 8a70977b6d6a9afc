import { randomInt } from 'node:crypto';
import { AttemptThrottle } from '../../core/runtime/attempt-throttle.js';
import { ProblemError } from '../../core/runtime/errors.js';
import { isSameSecret } from '../../core/runtime/same-secret.js';

/** Without characters that people take for another one. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const LENGTH = 8;
const LIFETIME_MS = 3_600_000;
/**
 * Of everybody together: a guess is right once in 850,000 million times. One network can make some 70 in the lifetime
 * of a code, so that it cannot end the code for the one who has it.
 */
const MAX_TRIES = 1_000;

const normal = (text: string): string => text.toUpperCase().replace(/[^0-9A-Z]/g, '');

/** The code that proves that somebody can read this machine's log or terminal. A start makes a new one. */
export class SetupCode {
  readonly text: string;
  readonly #madeAt: number;
  readonly #throttle: AttemptThrottle;
  #tries = 0;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.#throttle = new AttemptThrottle({ now });
    const code = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join(
      '',
    );
    this.text = `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`;
    this.#madeAt = now();
  }

  /** Whether no try can be right any more: a restart makes another code. */
  get isVoid(): boolean {
    return this.#tries >= MAX_TRIES || this.now() - this.#madeAt > LIFETIME_MS;
  }

  /** Throws `unauthorized` for a wrong code, and `rate_limited` after too many of them from one network. */
  check(text: string, address: string): void {
    const waitMs = this.#throttle.waitMs(address, '');
    if (waitMs > 0)
      throw new ProblemError('rate_limited', 'Too many wrong codes were sent from this network.', {
        retryAfter: waitMs / 1_000,
      });
    if (this.isVoid)
      throw new ProblemError(
        'unauthorized',
        'The code has expired or was guessed at too often. Restart the service: its log has a new one.',
      );
    if (isSameSecret(normal(text), normal(this.text))) return;
    this.#tries++;
    this.#throttle.failed(address, '');
    throw new ProblemError(
      'unauthorized',
      'The code is wrong. The log of the service shows the right one at its last start.',
    );
  }
}
