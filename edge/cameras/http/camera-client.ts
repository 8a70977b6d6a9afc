import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { CameraError } from '../camera.js';
import type { CameraAuth } from '../camera-config.js';
import { Credentials } from './credentials.js';
import { PinnedAgent } from './pinned-agent.js';

const MAX_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];
/** Challenges that one request answers: the first one, and a nonce that has gone stale. */
const MAX_CHALLENGES = 2;
const MAX_SOCKETS = 2;

export interface CameraAddress {
  url: string;
  auth?: CameraAuth | undefined;
  /** SHA-256 of the certificate that the camera shows, where no authority vouches for it. */
  fingerprint?: string | undefined;
}

type Headers = Record<string, string>;

/**
 * GETs from one camera, with its credentials and over connections that are kept. Redirects are followed only
 * to the same host and never from https to http, so that the credentials reach nobody else.
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

  /** What `read` makes of the answer to a GET; it reads the body or destroys it. Rejects with the reason of `signal` once that aborts. */
  async get<T>(
    headers: Headers,
    signal: AbortSignal,
    read: (response: IncomingMessage) => Promise<T>,
  ): Promise<T> {
    try {
      return await read(await this.#followed(headers, signal));
    } catch (error) {
      // A body that is cut off by the signal fails as if the camera had reset the connection.
      throw signal.aborted ? signal.reason : error;
    }
  }

  /** Drops the connections that are kept. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #followed(headers: Headers, signal: AbortSignal): Promise<IncomingMessage> {
    let target = this.#url;
    for (let followed = 0; ; followed++) {
      const response = await this.#authorized(target, headers, signal);
      if (!REDIRECTS.includes(response.statusCode ?? 0)) return response;
      response.destroy();
      if (followed === MAX_REDIRECTS) throw refused(`more than ${MAX_REDIRECTS} times`);
      target = nextTarget(target, response.headers.location);
    }
  }

  async #authorized(url: URL, headers: Headers, signal: AbortSignal): Promise<IncomingMessage> {
    for (let challenges = 0; ; challenges++) {
      const authorization = this.#credentials?.header('GET', url.pathname + url.search);
      const response = await this.#send(
        url,
        { ...headers, ...(authorization && { authorization }) },
        signal,
      );
      if (response.statusCode !== 401 || challenges === MAX_CHALLENGES) return response;
      const asked = response.headersDistinct['www-authenticate'] ?? [];
      if (!this.#credentials?.accept(asked, authorization)) return response;
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
    throw refused('to no valid address');
  const to = new URL(location, from);
  if (to.hostname !== from.hostname) throw refused('to another host');
  if (to.protocol !== from.protocol && to.protocol !== 'https:')
    throw refused('to another protocol');
  if (to.username !== '' || to.password !== '') throw refused('to an address with credentials');
  return to;
}

const refused = (where: string) =>
  new CameraError('redirect_refused', `the camera redirected ${where}`);
