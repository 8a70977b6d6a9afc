import { readSecret } from '../../../core/runtime/configuration.js';
import { messageOf } from '../../../core/runtime/errors.js';
import { CameraError } from '../camera.js';
import type { CameraAuth } from '../camera-config.js';
import { type Challenge, parseChallenges } from './challenges.js';
import { bestDigest, digestAuthorization } from './digest-authorization.js';

/**
 * Answers a camera's authentication challenges. Sends no credentials before a challenge, unless the scheme is set to
 * `basic`. Prefers digest. Once a challenge is known, every request carries the response to it.
 */
export class Credentials {
  #challenge: Challenge | undefined;
  #uses = 0;

  constructor(private readonly auth: CameraAuth) {}

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
   * Processes the challenges of a 401, received for a request with the Authorization header `sent`. Returns whether to
   * repeat the request: after the first challenge, or with a new nonce if the previous nonce is stale.
   */
  accept(headers: string[], sent: string | undefined): boolean {
    const next = this.#select(parseChallenges(headers));
    const isFresh = this.#uses <= 1;
    const isFirst = sent === undefined;
    const isStale =
      next?.scheme === 'digest' && (next.parameters.stale?.toLowerCase() === 'true' || !isFresh);
    this.#challenge = next;
    this.#uses = 0;
    return next !== undefined && (isFirst || isStale);
  }

  #select(challenges: Challenge[]): Challenge | undefined {
    const { scheme } = this.auth;
    const digest = scheme === 'basic' ? undefined : bestDigest(challenges);
    if (digest || scheme === 'digest') return digest;
    return challenges.find((challenge) => challenge.scheme === 'basic');
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
