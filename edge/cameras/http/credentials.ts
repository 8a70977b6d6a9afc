import { readSecret } from '../../../core/runtime/configuration.js';
import { messageOf } from '../../../core/runtime/errors.js';
import { CameraError } from '../camera.js';
import type { CameraAuth } from '../camera-config.js';
import { type Challenge, parseChallenges } from './challenges.js';
import { bestDigest, digestAuthorization } from './digest-authorization.js';

/**
 * Answers a camera's demand for a password. Nothing is sent unasked, except where the scheme is set to
 * `basic`; digest is preferred; once a challenge is known, requests carry their answer at once.
 */
export class Credentials {
  #challenge: Challenge | undefined;
  #uses = 0;

  constructor(private readonly auth: CameraAuth) {}

  /** The Authorization header of a request, or undefined while the camera has not said how it wants it. */
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
    // RFC 7617, with the user name and password as UTF-8.
    return `Basic ${Buffer.from(`${username}:${passwordOf(password)}`).toString('base64')}`;
  }

  /**
   * Takes in what a 401 asks for, after a request that carried `sent`. True where it makes sense to ask again:
   * for the first time, or with a new nonce where the last one came from an earlier request (it is stale).
   */
  accept(headers: string[], sent: string | undefined): boolean {
    const next = this.#choose(parseChallenges(headers));
    const isFresh = this.#uses <= 1;
    const isFirst = sent === undefined;
    const isStale =
      next?.scheme === 'digest' && (next.parameters.stale?.toLowerCase() === 'true' || !isFresh);
    this.#challenge = next;
    this.#uses = 0;
    return next !== undefined && (isFirst || isStale);
  }

  #choose(challenges: Challenge[]): Challenge | undefined {
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
    throw new CameraError('unreadable', `the password cannot be read: ${messageOf(error)}`);
  }
}
