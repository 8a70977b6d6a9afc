import { CameraError } from '../camera.js';
import type { CameraAuth } from '../camera-config.js';
import { CameraSockets } from './camera-sockets.js';
import { Credentials } from './credentials.js';
import { HttpStatusError } from './http-error.js';
import { type CameraResponse, lenientGet } from './lenient-request.js';
import type { TlsSettings } from './old-tls.js';
import { nextBefore } from './read-picture.js';

const MAX_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];
/** Requests for one snapshot at one address: with a kept nonce, without it, and with two new ones. */
const MAX_REQUESTS = 4;
/** Origins that connections are kept to. A camera has few. */
const MAX_ORIGINS = 4;
/** A body that is not wanted is read to its end if that comes so soon; otherwise its connection is closed. */
const DISCARD_MS = 300;
const DISCARD_BYTES = 65_536;

export interface CameraAddress extends TlsSettings {
  url: string;
  auth?: CameraAuth | undefined;
}

type Headers = Record<string, string>;

/**
 * Sends GET requests to one camera, with its credentials and over connections that are kept. Follows redirects only to
 * the same host and never from https to http. The credentials reach the configured scheme, host and port alone.
 */
export class CameraClient {
  readonly #url: URL;
  readonly #tls: TlsSettings;
  readonly #credentials: Credentials | undefined;
  readonly #sockets = new Map<string, CameraSockets>();

  constructor({ url, auth, fingerprint, oldTls }: CameraAddress) {
    this.#url = new URL(url);
    this.#tls = { fingerprint, oldTls };
    this.#credentials = auth && new Credentials(auth);
  }

  /** Sends a GET and returns what `read` returns; the response is closed then. Rejects with `signal.reason` if `signal` aborts. */
  async get<T>(
    headers: Headers,
    signal: AbortSignal,
    read: (response: CameraResponse) => Promise<T>,
  ): Promise<T> {
    let response: CameraResponse | undefined;
    try {
      response = await this.#getFollowingRedirects(headers, signal);
      return await read(response);
    } catch (error) {
      // A body that the signal interrupts fails as if the camera had reset the connection.
      throw signal.aborted ? signal.reason : error;
    } finally {
      response?.close();
    }
  }

  /** Allows one more login after the camera has refused too many. */
  retryLogin(): void {
    this.#credentials?.retry();
  }

  /** Closes the connections that are kept. */
  close(): void {
    for (const sockets of this.#sockets.values()) sockets.close();
    this.#sockets.clear();
  }

  async #getFollowingRedirects(headers: Headers, signal: AbortSignal): Promise<CameraResponse> {
    let target = this.#url;
    for (let redirects = 0; ; redirects++) {
      const response = await this.#getAuthorized(target, headers, signal);
      if (!REDIRECTS.includes(response.status)) return response;
      const location = response.header('location');
      await discard(response);
      if (redirects === MAX_REDIRECTS) throw redirectRefused(`more than ${MAX_REDIRECTS} times`);
      target = nextTarget(target, location);
    }
  }

  async #getAuthorized(url: URL, headers: Headers, signal: AbortSignal): Promise<CameraResponse> {
    const isConfigured = url.origin === this.#url.origin;
    const credentials = isConfigured ? this.#credentials : undefined;
    if (!credentials) return withoutLogin(await this.#send(url, headers, signal), isConfigured);
    for (let request = 1; ; request++) {
      const answer = credentials.answer('GET', url.pathname + url.search);
      const { header: authorization } = answer;
      const all = { ...headers, ...(authorization && { Authorization: authorization }) };
      const response = await this.#send(url, all, signal);
      const { status } = response;
      const challenges = response.headers('www-authenticate');
      try {
        const isLast = request === MAX_REQUESTS;
        if (!credentials.learn(answer, { status, challenges, isLast })) return response;
      } catch (error) {
        response.close();
        throw error;
      }
      await discard(response);
    }
  }

  #send(url: URL, headers: Headers, signal: AbortSignal): Promise<CameraResponse> {
    const request = { target: url.pathname + url.search, headers: { Host: url.host, ...headers } };
    return lenientGet(this.#socketsTo(url), request, signal);
  }

  #socketsTo(url: URL): CameraSockets {
    const known = this.#sockets.get(url.origin);
    if (known) return known;
    if (this.#sockets.size >= MAX_ORIGINS) this.close();
    const sockets = new CameraSockets(url, this.#tls);
    this.#sockets.set(url.origin, sockets);
    return sockets;
  }
}

/** Reads a short body to its end, so that its connection can be used again. */
async function discard(response: CameraResponse): Promise<void> {
  const iterator = response.body[Symbol.asyncIterator]();
  const deadline = performance.now() + DISCARD_MS;
  let bytes = 0;
  for (let chunk = await nextBefore(iterator, deadline); chunk && bytes <= DISCARD_BYTES; ) {
    bytes += chunk.length;
    chunk = await nextBefore(iterator, deadline);
  }
  response.close();
}

function withoutLogin(response: CameraResponse, isConfigured: boolean): CameraResponse {
  if (response.status !== 401) return response;
  response.close();
  throw new HttpStatusError(
    401,
    isConfigured
      ? 'the camera asks for a user name and password; set auth (HTTP 401)'
      : 'the camera redirected to another port or protocol and asks for a login there, but passwords go to the configured address alone; set url to the final address (HTTP 401)',
  );
}

function nextTarget(from: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, from.href))
    throw redirectRefused('to an invalid address');
  const to = new URL(location, from);
  if (to.hostname !== from.hostname) throw redirectRefused('to another host');
  if (to.protocol !== from.protocol && to.protocol !== 'https:')
    throw redirectRefused('to another protocol');
  if (to.username !== '' || to.password !== '')
    throw redirectRefused('to an address with credentials');
  return to;
}

const redirectRefused = (where: string) =>
  new CameraError('redirect_refused', `the camera redirected ${where}`);
