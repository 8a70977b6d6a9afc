import { readSecret } from '../../../core/runtime/configuration.js';
import { messageOf } from '../../../core/runtime/errors.js';
import { CameraError } from '../camera.js';
import type { CameraAuth } from '../camera-config.js';
import { type Challenge, parseChallenges } from './challenges.js';
import { bestDigest, digestAuthorization } from './digest-authorization.js';

/** Many cameras lock an account after five to seven wrong passwords within half an hour. */
const MAX_REJECTIONS = 5;
const REST_MS = 3_600_000;

/**
 * Answers a camera's authentication challenges. Sends no credentials before a challenge, unless the scheme is set to
 * `basic`. Prefers digest. Once a challenge is known, every request carries the response to it.
 */
export class Credentials {
  #challenge: Challenge | undefined;
  #uses = 0;
  /** Answers to a fresh challenge that the camera rejected in a row, and when the last one was. */
  #rejections = 0;
  #rejectedAt = 0;

  constructor(
    private readonly auth: CameraAuth,
    private readonly steady = () => performance.now(),
  ) {}

  /** Throws while the password was rejected so often that more attempts could lock the camera's account. */
  checkAllowed(): void {
    if (this.#rejections < MAX_REJECTIONS) return;
    if (this.steady() - this.#rejectedAt >= REST_MS) return;
    throw new CameraError(
      'bad_status',
      `the camera rejected the user name or password ${this.#rejections} times; the next attempt is within an hour, or after a reload`,
    );
  }

  /** The Authorization header of a request; undefined until the camera has sent a challenge. */
  header(method: string, uri: string): string | undefined {
    const { username, password, scheme } = this.auth;
    if (this.#challenge?.scheme === 'digest')
      return digestAuthorization(this.#challenge, {
        method,
        uri,
        username,
        password: passwordOf(password),
        count: ++this.#uses,
      });
    if (scheme !== 'basic' && this.#challenge === undefined) return undefined;
    // RFC 7617, with user name and password as UTF-8.
    return `Basic ${Buffer.from(`${username}:${passwordOf(password)}`).toString('base64')}`;
  }

  /**
   * Whether to repeat a request that carried the Authorization header `sent`, after the camera's answer to it. A 401 asks
   * for credentials or brings a new nonce. Any refusal of a nonce that was used before only means that it is used up: it is
   * dropped, and the request goes again without it. Throws if no challenge can be answered.
   */
  repeatAfter(status: number, headers: readonly string[], sent: string | undefined): boolean {
    if (status < 400) {
      this.#rejections = 0;
      return false;
    }
    const wasKept = sent !== undefined && this.#challenge?.scheme === 'digest' && this.#uses > 1;
    if (status !== 401) {
      if (wasKept) this.#forget();
      else if (status === 403 && sent !== undefined) this.#reject();
      return wasKept;
    }
    const challenges = parseChallenges([...headers]);
    const next = this.#select(challenges);
    const isStale =
      next?.scheme === 'digest' && (next.parameters.stale?.toLowerCase() === 'true' || wasKept);
    this.#challenge = next;
    this.#uses = 0;
    if (!next && challenges.length > 0) throw unanswerable(challenges);
    if (next !== undefined && (sent === undefined || isStale)) return true;
    if (sent !== undefined) this.#reject();
    return false;
  }

  #forget(): void {
    this.#challenge = undefined;
    this.#uses = 0;
  }

  #reject(): void {
    this.#rejections++;
    this.#rejectedAt = this.steady();
  }

  #select(challenges: Challenge[]): Challenge | undefined {
    const { scheme } = this.auth;
    const digest = scheme === 'basic' ? undefined : bestDigest(challenges);
    if (digest || scheme === 'digest') return digest;
    return challenges.find((challenge) => challenge.scheme === 'basic');
  }
}

function unanswerable(challenges: Challenge[]): CameraError {
  const asked = challenges.map(({ scheme, parameters: { qop, algorithm } }) =>
    [scheme, qop && `qop=${qop}`, algorithm && `algorithm=${algorithm}`].filter(Boolean).join(' '),
  );
  return new CameraError(
    'bad_status',
    `the camera asks for authentication that is not supported here: ${asked.join(', ').slice(0, 200)}`,
  );
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
