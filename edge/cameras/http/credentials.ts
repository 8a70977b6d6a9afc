import { readSecret } from '../../../core/runtime/configuration.js';
import { messageOf } from '../../../core/runtime/errors.js';
import { CameraError } from '../camera.js';
import type { CameraAuth } from '../camera-config.js';
import { type Challenge, parseChallenges } from './challenges.js';
import { bestDigest, digestAuthorization, digestFault } from './digest-authorization.js';
import { HttpStatusError } from './http-error.js';

/** After so many refusals in a row nothing is sent: many cameras lock an account after more. */
const MAX_REFUSALS = 5;

/** An Authorization header, if any, and whether it answers a new challenge or one that was answered before. */
export interface Answer {
  header: string | undefined;
  kind: 'none' | 'fresh' | 'kept';
}

export interface Outcome {
  status: number;
  /** The WWW-Authenticate headers. */
  challenges: readonly string[];
  /** Whether the request will not be repeated whatever is returned. */
  isLast: boolean;
}

/**
 * Answers a camera's authentication challenges. Sends no credentials before a challenge, unless the scheme is set to
 * `basic`. Prefers digest. A challenge whose answer was accepted is answered in every request that follows.
 */
export class Credentials {
  #challenge: Challenge | undefined;
  #uses = 0;
  #refusals = 0;

  constructor(private readonly auth: CameraAuth) {}

  /** What to send. Throws a CameraError after too many refusals. */
  answer(method: string, uri: string): Answer {
    if (this.#refusals >= MAX_REFUSALS)
      throw new CameraError(
        'bad_status',
        `the camera rejected the user name or password ${MAX_REFUSALS} times and is not asked again, so that it does not lock the account; correct auth and reload, or request a snapshot`,
      );
    const { username, password, scheme } = this.auth;
    if (this.#challenge?.scheme === 'digest') {
      const count = ++this.#uses;
      const request = { method, uri, username, password: passwordOf(password), count };
      const header = digestAuthorization(this.#challenge, request);
      return { header, kind: count > 1 ? 'kept' : 'fresh' };
    }
    if (scheme !== 'basic' && this.#challenge === undefined)
      return { header: undefined, kind: 'none' };
    // RFC 7617, with user name and password as UTF-8.
    const text = Buffer.from(`${username}:${passwordOf(password)}`).toString('base64');
    return { header: `Basic ${text}`, kind: 'fresh' };
  }

  /**
   * Learns from the response to a request with `sent`. Returns whether to repeat the request: with the answer to a new
   * challenge, or without one that is used up, which cameras refuse with any status. Throws an HttpStatusError if the
   * user name or password is refused, or if there is no challenge to answer.
   */
  learn(sent: Answer, { status, challenges, isLast }: Outcome): boolean {
    if (status < 400) {
      if (sent.kind !== 'none') this.#refusals = 0;
      return false;
    }
    const wasBasic = sent.header?.startsWith('Basic') ?? false;
    const offered = parseChallenges(challenges);
    const next = status === 401 ? this.#select(offered) : undefined;
    this.#challenge = next;
    this.#uses = 0;
    if (sent.kind === 'kept' && !isLast) return true;
    if (sent.kind === 'none') return this.#isAnswered(status, next, offered) && !isLast;
    const isStale = next?.parameters.stale?.toLowerCase() === 'true';
    const isOther = wasBasic && next?.scheme === 'digest';
    if ((isStale || isOther) && !isLast) return true;
    // A refused answer is not repeated unasked: each one may count towards a lock.
    this.#challenge = undefined;
    if (status !== 401 && status !== 403) return false;
    this.#refusals++;
    throw new HttpStatusError(
      status,
      `the camera rejected the user name or password (HTTP ${status})`,
    );
  }

  /** Allows one more answer after too many refusals. */
  retry(): void {
    this.#refusals = Math.min(this.#refusals, MAX_REFUSALS - 1);
  }

  #isAnswered(status: number, next: Challenge | undefined, offered: Challenge[]): boolean {
    if (next) return true;
    if (status !== 401 && status !== 403) return false;
    throw new HttpStatusError(
      status,
      `the camera asks for a login, and ${this.#fault(offered)} (HTTP ${status})`,
    );
  }

  #select(challenges: Challenge[]): Challenge | undefined {
    const { scheme } = this.auth;
    const digest = scheme === 'basic' ? undefined : bestDigest(challenges);
    if (digest || scheme === 'digest') return digest;
    return challenges.find((challenge) => challenge.scheme === 'basic');
  }

  /** Why none of the challenges is answered. */
  #fault(challenges: Challenge[]): string {
    const digest = challenges.find(({ scheme }) => scheme === 'digest');
    if (digest && this.auth.scheme !== 'basic')
      return `its challenge cannot be answered: ${digestFault(digest)}`;
    if (challenges.some(({ scheme }) => scheme === 'basic'))
      return 'its challenge is not answered: it offers basic only, and auth.scheme is digest';
    if (challenges.length > 0)
      return 'its challenge cannot be answered: only digest and basic are supported';
    return 'it sends no challenge; if it takes a password without one, set auth.scheme to basic';
  }
}

export function passwordOf(password: CameraAuth['password']): string {
  try {
    return readSecret(password);
  } catch (error) {
    throw new CameraError(
      'unreadable',
      `the password of the camera cannot be read: ${messageOf(error)}`,
    );
  }
}
