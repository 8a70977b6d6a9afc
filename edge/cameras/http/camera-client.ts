import { CameraError } from '../camera.js';
import type { CameraAuth } from '../camera-config.js';
import { CameraSockets } from './camera-sockets.js';
import { Credentials } from './credentials.js';
import { type CameraResponse, lenientGet } from './lenient-request.js';

const MAX_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];
/** Requests repeated with other credentials: after the first challenge, and after a nonce that was used up. */
const MAX_REPEATS = 2;

export interface CameraAddress {
  url: string;
  auth?: CameraAuth | undefined;
  /** SHA-256 of the camera's certificate, if no certificate authority signed it. */
  fingerprint?: string | undefined;
}

type Headers = Record<string, string>;

/**
 * Sends GET requests to one camera, with its credentials and over a keep-alive connection. Reads responses as tolerantly
 * as curl does. Follows redirects only to the same host and never from https to http, so that the credentials reach no
 * other server.
 */
export class CameraClient {
  readonly #url: URL;
  readonly #credentials: Credentials | undefined;
  /** By protocol, host and port; redirects to other ports of the camera add some. */
  readonly #sockets = new Map<string, CameraSockets>();

  constructor(private readonly address: CameraAddress) {
    this.#url = new URL(address.url);
    this.#credentials = address.auth && new Credentials(address.auth);
  }

  /** Sends a GET and returns what `read` returns. Rejects with `signal.reason` if `signal` aborts. */
  async get<T>(
    headers: Headers,
    signal: AbortSignal,
    read: (response: CameraResponse) => Promise<T>,
  ): Promise<T> {
    const response = await this.#getFollowingRedirects(headers, signal);
    try {
      return await read(response);
    } catch (error) {
      // A body that the signal interrupts fails as if the camera had reset the connection.
      throw signal.aborted ? signal.reason : error;
    } finally {
      response.close();
    }
  }

  /** Closes the keep-alive connections. */
  close(): void {
    for (const sockets of this.#sockets.values()) sockets.close();
  }

  async #getFollowingRedirects(headers: Headers, signal: AbortSignal): Promise<CameraResponse> {
    let target = this.#url;
    for (let redirects = 0; ; redirects++) {
      const response = await this.#getAuthorized(target, headers, signal);
      if (!REDIRECTS.includes(response.status)) return response;
      response.close();
      if (redirects === MAX_REDIRECTS) throw redirectRefused(`more than ${MAX_REDIRECTS} times`);
      target = nextTarget(target, response.header('location'));
    }
  }

  async #getAuthorized(url: URL, headers: Headers, signal: AbortSignal): Promise<CameraResponse> {
    const credentials = this.#credentials;
    credentials?.checkAllowed();
    for (let repeats = 0; ; repeats++) {
      const authorization = credentials?.header('GET', url.pathname + url.search);
      const response = await this.#send(
        url,
        { ...headers, ...(authorization && { Authorization: authorization }) },
        signal,
      );
      const isRepeated = credentials?.repeatAfter(
        response.status,
        response.headers('www-authenticate'),
        authorization,
      );
      if (!isRepeated || repeats === MAX_REPEATS) return response;
      response.close();
    }
  }

  #send(url: URL, headers: Headers, signal: AbortSignal): Promise<CameraResponse> {
    const { origin } = url;
    const sockets = this.#sockets.get(origin) ?? new CameraSockets(url, this.address);
    this.#sockets.set(origin, sockets);
    const request = { target: url.pathname + url.search, headers: { Host: url.host, ...headers } };
    return lenientGet(sockets, request, signal);
  }
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
