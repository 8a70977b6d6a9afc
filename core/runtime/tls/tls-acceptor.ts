import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { messageOf } from '../errors.js';
import { LogThrottle } from '../log-throttle.js';
import type { Logger } from '../logger.js';
import type { TlsCredentials, TlsSource } from './credentials.js';
import { firstByte, TLS_HANDSHAKE } from './first-byte.js';

export interface TlsAcceptorOptions {
  source: TlsSource;
  /** The time until the first byte, and then until the end of the handshake. */
  firstByteMs: number;
  handshakeMs: number;
  /** Takes connections without TLS. */
  plain(socket: Socket): void;
  secure(socket: TLSSocket): void;
  log: Logger;
}

const LOG_EVERY_MS = 60_000;

/** Lets one port speak with and without TLS: the first byte of a client says which it wants. */
export class TlsAcceptor {
  readonly #log = new LogThrottle(LOG_EVERY_MS);
  /** Those that have sent nothing yet. */
  readonly #silent = new Set<Socket>();
  /** Those with TLS, below it. */
  readonly #secured = new Set<Socket>();
  #server: Promise<Server> | undefined;
  #forget: (() => void) | undefined;

  constructor(private readonly options: TlsAcceptorOptions) {}

  /** Takes over a socket that nothing was read from. */
  accept(socket: Socket): void {
    // Nobody else listens until the connection is handed over.
    socket.on('error', ignore);
    this.#silent.add(socket);
    void firstByte(socket, this.options.firstByteMs).then((byte) => {
      this.#silent.delete(socket);
      if (byte === TLS_HANDSHAKE) void this.#secure(socket);
      else if (byte !== undefined) {
        this.options.plain(socket);
        socket.off('error', ignore);
      }
    });
  }

  /** Ends the connections that have sent nothing. */
  stop(): void {
    this.#forget?.();
    for (const socket of this.#silent) socket.destroy();
  }

  /** Ends all connections with TLS, also those in the middle of a handshake. */
  destroyAll(): void {
    for (const socket of this.#secured) socket.destroy();
  }

  async #secure(socket: Socket): Promise<void> {
    this.#secured.add(socket);
    // As with `node:https`: a client that ends during its handshake is gone.
    socket.allowHalfOpen = false;
    socket.once('close', () => this.#secured.delete(socket));
    try {
      this.#server ??= this.#create();
      (await this.#server).emit('connection', socket);
    } catch (error) {
      this.#server = undefined;
      socket.destroy();
      if (this.#log.isDue('no certificate'))
        this.options.log.error(
          { error: messageOf(error) },
          'TLS refused: no certificate is available',
        );
    }
  }

  async #create(): Promise<Server> {
    const { source, handshakeMs, secure, log } = this.options;
    const server = createServer({
      ...contextOf(await source.credentials()),
      handshakeTimeout: handshakeMs,
    });
    this.#forget = source.onChange((next) => server.setSecureContext(contextOf(next)));
    server.on('secureConnection', secure);
    server.on('tlsClientError', (error, socket) => {
      log.debug({ error: messageOf(error) }, 'TLS handshake failed');
      socket.destroy();
    });
    return server;
  }
}

const ignore = () => undefined;

const contextOf = ({ key, chain }: TlsCredentials) => ({
  key,
  cert: chain,
  minVersion: 'TLSv1.2' as const,
});
