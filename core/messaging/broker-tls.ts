import type { Socket } from 'node:net';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import type { TlsSource } from '../runtime/tls/credentials.js';
import { isThisMachine } from '../runtime/tls/local-peer.js';
import { TlsAcceptor } from '../runtime/tls/tls-acceptor.js';

export interface BrokerTlsOptions {
  source: TlsSource;
  /** Whether clients on other machines may connect without TLS. */
  isPlainTextAllowed: boolean;
}

const LOG_EVERY_MS = 60_000;
const FAREWELL_MS = 1_000;
/** CONNACK of MQTT 3.1.1: not authorised. */
const NOT_AUTHORISED = Buffer.from([0x20, 2, 0, 5]);

/** Lets a broker speak with and without TLS on one port, without it only to clients that may. */
export class BrokerTls {
  readonly #log = new LogThrottle(LOG_EVERY_MS);
  readonly #acceptor: TlsAcceptor;

  constructor(
    private readonly options: BrokerTlsOptions,
    /** Takes a connection, with TLS or without. */
    handle: (socket: Socket) => void,
    /** Until the first byte, and then until the end of the handshake. */
    connectTimeoutMs: number,
    private readonly log: Logger,
  ) {
    const deadlines = { firstByteMs: connectTimeoutMs, handshakeMs: connectTimeoutMs };
    this.#acceptor = new TlsAcceptor({
      ...{ source: options.source, log, ...deadlines },
      plain: (socket) => (this.#isAllowed(socket) ? handle(socket) : this.#refuse(socket)),
      secure: handle,
    });
  }

  accept(socket: Socket): void {
    this.#acceptor.accept(socket);
  }

  stop(): void {
    this.#acceptor.stop();
    this.#acceptor.destroyAll();
  }

  #isAllowed(socket: Socket): boolean {
    return this.options.isPlainTextAllowed || isThisMachine(socket);
  }

  #refuse(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    if (this.#log.isDue(address))
      this.log.warn(
        { address },
        'client refused: it does not use TLS; give it an mqtts:// URL, or allow plain text (plainText: allowed)',
      );
    socket.on('error', () => undefined).resume();
    socket.end(NOT_AUTHORISED);
    setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
  }
}
