import { get } from 'node:http';
import { connect } from 'node:net';
import { messageOf } from '../runtime/errors.js';
import type { Probe } from '../runtime/watchdog.js';
import type { HttpServer } from './server.js';

const PATH = '/healthz';
const TIMEOUT_MS = 9_000;
/** Where ports are taken from (RFC 6335). */
const FIRST_PORT = 49_152;
const PORTS = 16_384;
const TRIES = 8;

/**
 * Requests the liveness of this process over HTTP, as a supervisor does. Its connection has a place that no client can
 * take, so that a fault is one of the server's. This machine is always served without TLS.
 */
export class HttpProbe implements Probe {
  readonly name = 'http';

  constructor(private readonly server: HttpServer) {}

  async check(): Promise<string | undefined> {
    for (let left = TRIES; ; left--) {
      const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
      this.server.connections.reserve(port);
      try {
        const status = await this.#ask(port);
        return status === 200 ? undefined : `${PATH} returned ${status}`;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE' && left > 0) continue;
        return `${PATH} failed: ${messageOf(error)}`;
      } finally {
        this.server.connections.release(port);
      }
    }
  }

  #ask(localPort: number): Promise<number> {
    const url = new URL(PATH, this.server.address.url);
    const host = reachable(url.hostname.replace(/^\[|\]$/g, ''));
    const to = { host, port: Number(url.port), localPort };
    return new Promise((resolve, reject) => {
      const request = get({
        path: PATH,
        headers: { Host: `localhost:${url.port}`, Connection: 'close' },
        createConnection: () => connect(to),
        timeout: TIMEOUT_MS,
      });
      request.once('timeout', () => request.destroy(new Error('no response')));
      request.once('error', reject);
      request.once('response', (response) => {
        response.resume().once('error', () => {});
        resolve(response.statusCode ?? 0);
      });
    });
  }
}

/** The loopback address of a server that listens on every address. */
const reachable = (host: string): string =>
  host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
