import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../../runtime/logger.js';
import type { TlsSource } from '../../runtime/tls/credentials.js';
import { TlsAcceptor } from '../../runtime/tls/tls-acceptor.js';
import { type IsProxy, noProxies } from '../client-address.js';
import type { AcmeChallenges } from './acme-challenges.js';
import { guardPlainRequests } from './plain-requests.js';

const FIRST_BYTE_MS = 20_000;
const HANDSHAKE_MS = 10_000;

export interface ServerTlsOptions {
  source: TlsSource;
  challenges: AcmeChallenges;
  /** Whether plain text from other machines is served. */
  isPlainTextAllowed: boolean;
  /** Proxies that end TLS in front of the server; their plain text is served. */
  isProxy?: IsProxy | undefined;
  log: Logger;
}

/** Adds HTTPS to a server of HTTP, on the same port. */
export class ServerTls {
  #acceptor: TlsAcceptor | undefined;

  constructor(private readonly options: ServerTlsOptions) {}

  get isPlainTextAllowed(): boolean {
    return this.options.isPlainTextAllowed;
  }

  guard(handler: RequestListener): RequestListener {
    const { isPlainTextAllowed, isProxy = noProxies, challenges, log } = this.options;
    const isAllowed = (address: string) => isPlainTextAllowed || isProxy(address);
    return guardPlainRequests(handler, { isAllowed, challenges, log });
  }

  /**
   * Connections reach the server after their first byte, or their handshake: it treats both in the same way, as a
   * server of `node:https` does. Its other listeners of `connection` see each connection when it is accepted.
   */
  attach(server: Server): void {
    const [listener] = server.listeners('connection');
    if (!listener) throw new Error('the server accepts no connections');
    server.off('connection', listener as (socket: Socket) => void);
    const serve = (socket: Socket) => void listener.call(server, socket);
    const { source, log } = this.options;
    this.#acceptor = new TlsAcceptor({
      ...{ source, log, firstByteMs: FIRST_BYTE_MS, handshakeMs: HANDSHAKE_MS },
      plain: serve,
      secure: serve,
    });
    server.on('connection', (socket: Socket) => {
      // Another listener may have refused it.
      if (!socket.destroyed) this.#acceptor?.accept(socket);
    });
  }

  /** The server stops: connections without a request end. */
  detach(): void {
    this.#acceptor?.stop();
  }

  destroyAll(): void {
    this.#acceptor?.destroyAll();
  }
}
