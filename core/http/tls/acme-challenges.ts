import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { messageOf } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/logger.js';
import type { AcmeSettings } from '../../runtime/tls/tls-settings.js';
import type { AcmeChallenge } from './acme-messages.js';

const PREFIX = '/.well-known/acme-challenge/';
const HOOK_MS = 300_000;
const run = promisify(execFile);

/** The pending challenges of an order: answered over HTTP (RFC 8555, section 8.3), or written by the operator's hook. */
export class AcmeChallenges {
  readonly #values = new Map<string, string>();
  #server: Server | undefined;

  constructor(
    private readonly settings: AcmeSettings | undefined,
    private readonly log: Logger,
  ) {}

  /** The answer to a request; undefined if it is for another path. */
  answerTo(url: string): { status: 200 | 404; body: string } | undefined {
    if (!this.settings || !url.startsWith(PREFIX)) return undefined;
    const value = this.#values.get(url.slice(PREFIX.length));
    return value === undefined ? { status: 404, body: '' } : { status: 200, body: value };
  }

  async present({ domain, token, value }: AcmeChallenge, signal: AbortSignal): Promise<void> {
    if (this.settings?.challenge === 'dns') {
      await this.#hook('present', domain, value, signal);
      await sleep(this.settings.dnsWaitSeconds * 1_000, undefined, { signal });
      return;
    }
    this.#values.set(token, value);
    if (this.settings?.httpPort) await this.#listen(this.settings.httpPort);
  }

  async cleanup({ domain, token, value }: AcmeChallenge, signal: AbortSignal): Promise<void> {
    if (this.settings?.challenge === 'dns') return this.#hook('cleanup', domain, value, signal);
    this.#values.delete(token);
    if (this.#values.size === 0) this.close();
  }

  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
    this.#server = undefined;
  }

  async #hook(action: string, domain: string, value: string, signal: AbortSignal): Promise<void> {
    const hook = this.settings?.dnsHook ?? '';
    try {
      await run(hook, [action, `_acme-challenge.${domain}`, value], { timeout: HOOK_MS, signal });
    } catch (cause) {
      throw new Error(`the DNS hook failed: ${messageOf(cause)}`, { cause });
    }
  }

  /** For the time of an order. Another program, or this one, may have the port; then the request arrives there. */
  async #listen(port: number): Promise<void> {
    if (this.#server) return;
    const answer: RequestListener = ({ url = '' }, response) => {
      const { status, body } = this.answerTo(url) ?? { status: 404, body: '' };
      response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
    };
    const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, answer);
    server.maxConnections = 64;
    try {
      server.listen(port);
      await once(server, 'listening');
      this.#server = server;
    } catch (error) {
      this.log.warn(
        { port, error: messageOf(error) },
        `cannot listen on port ${port} for the certificate authority; forward it to http.port`,
      );
    }
  }
}
