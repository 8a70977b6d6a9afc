import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { CameraError } from '../camera.js';
import type { CameraAuth } from '../camera-config.js';
import { Credentials } from './credentials.js';
import { PinnedAgent } from './pinned-agent.js';

const MAX_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];
/** Authentication challenges answered per request: the first one, and one for a stale nonce. */
const MAX_CHALLENGES = 2;
const MAX_SOCKETS = 2;

export interface CameraAddress {
  url: string;
  auth?: CameraAuth | undefined;
  /** SHA-256 of the camera's certificate, if no certificate authority signed it. */
  fingerprint?: string | undefined;
}

type Headers = Record<string, string>;

/**
 * Sends GET requests to one camera, with its credentials and over keep-alive connections. Follows redirects only
 * to the same host and never from https to http, so that the credentials reach no other server.
 */
export class CameraClient {
  readonly #url: URL;
  readonly #credentials: Credentials | undefined;
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  readonly #https: HttpsAgent;

  constructor({ url, auth, fingerprint }: CameraAddress) {
    this.#url = new URL(url);
    this.#credentials = auth && new Credentials(auth);
    const options = { keepAlive: true, maxSockets: MAX_SOCKETS };
    this.#https = fingerprint ? new PinnedAgent(fingerprint, options) : new HttpsAgent(options);
  }

  /** Sends a GET and returns what `read` returns; `read` consumes or destroys the body. Rejects with `signal.reason` if `signal` aborts. */
  async get<T>(
    headers: Headers,
    signal: AbortSignal,
    read: (response: IncomingMessage) => Promise<T>,
  ): Promise<T> {
    try {
      return await read(await this.#getFollowingRedirects(headers, signal));
    } catch (error) {
      // A body that the signal interrupts fails as if the camera had reset the connection.
      throw signal.aborted ? signal.reason : error;
    }
  }

  /** Closes the keep-alive connections. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #getFollowingRedirects(headers: Headers, signal: AbortSignal): Promise<IncomingMessage> {
    let target = this.#url;
    for (let redirects = 0; ; redirects++) {
      const response = await this.#getAuthorized(target, headers, signal);
      if (!REDIRECTS.includes(response.statusCode ?? 0)) return response;
      response.destroy();
      if (redirects === MAX_REDIRECTS) throw redirectRefused(`more than ${MAX_REDIRECTS} times`);
      target = nextTarget(target, response.headers.location);
    }
  }

  async #getAuthorized(url: URL, headers: Headers, signal: AbortSignal): Promise<IncomingMessage> {
    for (let challenges = 0; ; challenges++) {
      const authorization = this.#credentials?.header('GET', url.pathname + url.search);
      const response = await this.#send(
        url,
        { ...headers, ...(authorization && { authorization }) },
        signal,
      );
      if (response.statusCode !== 401 || challenges === MAX_CHALLENGES) return response;
      const wwwAuthenticate = response.headersDistinct['www-authenticate'] ?? [];
      if (!this.#credentials?.accept(wwwAuthenticate, authorization)) return response;
      response.destroy();
    }
  }

  #send(url: URL, headers: Headers, signal: AbortSignal): Promise<IncomingMessage> {
    const isSecure = url.protocol === 'https:';
    const request = isSecure ? httpsRequest : httpRequest;
    const agent = isSecure ? this.#https : this.#http;
    return new Promise((resolve, reject) => {
      request(url, { headers, signal, agent }).once('response', resolve).on('error', reject).end();
    });
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
