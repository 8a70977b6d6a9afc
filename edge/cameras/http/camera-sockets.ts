import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { CameraError } from '../camera.js';
import type { SocketPool } from './lenient-request.js';

/** A connection that is not used for so long is ended. */
const IDLE_MS = 60_000;

export interface TlsSettings {
  /** SHA-256 of the only certificate that is accepted, as 64 hexadecimal digits, with or without colons. */
  fingerprint?: string | undefined;
}

/** The connections to one host and port. At most one is kept while nothing is under way. */
export class CameraSockets implements SocketPool {
  #idle: IdleSocket | undefined;
  #isClosed = false;

  constructor(
    private readonly url: URL,
    private readonly tls: TlsSettings = {},
  ) {}

  async take(signal: AbortSignal): Promise<{ socket: Socket; isReused: boolean }> {
    const idle = this.#idle;
    this.#idle = undefined;
    if (idle?.wake()) return { socket: idle.socket, isReused: true };
    return { socket: await this.open(signal), isReused: false };
  }

  async open(signal: AbortSignal): Promise<Socket> {
    signal.throwIfAborted();
    const { protocol, hostname, port } = this.url;
    const isSecure = protocol === 'https:';
    const host = hostname.replace(/^\[|\]$/g, '');
    const address = { host, port: Number(port) || (isSecure ? 443 : 80) };
    const socket = isSecure ? this.#secure(address) : connectTcp(address);
    const event = isSecure ? 'secureConnect' : 'connect';
    await connected(socket, event, signal);
    if (isSecure) this.#compare(socket as TLSSocket);
    // Whoever reads hears of errors as well; without a listener one between two reads would end the process.
    socket.on('error', () => undefined);
    return socket;
  }

  giveBack(socket: Socket): void {
    if (this.#isClosed || this.#idle || socket.destroyed) {
      socket.destroy();
      return;
    }
    this.#idle = new IdleSocket(socket);
  }

  close(): void {
    this.#isClosed = true;
    this.#idle?.socket.destroy();
    this.#idle = undefined;
  }

  #secure({ host, port }: { host: string; port: number }): TLSSocket {
    const isName = !/^[\d.]+$|:/.test(host);
    return connectTls({
      host,
      port,
      ...(isName && { servername: host }),
      // A pinned certificate is compared by hand: names, dates and authorities do not matter then.
      rejectUnauthorized: this.tls.fingerprint === undefined,
    });
  }

  /** Nothing is sent before the certificate has been compared. */
  #compare(socket: TLSSocket): void {
    const { fingerprint } = this.tls;
    if (fingerprint === undefined) return;
    if (normal(socket.getPeerCertificate().fingerprint256) === normal(fingerprint)) return;
    socket.destroy();
    throw new CameraError(
      'wrong_certificate',
      'the certificate of the camera does not match its fingerprint setting',
    );
  }
}

/** A connection on which nothing is under way. What arrives meanwhile would be taken for the next answer, so it ends it. */
class IdleSocket {
  readonly #end = () => this.socket.destroy();

  constructor(readonly socket: Socket) {
    socket.once('data', this.#end).once('end', this.#end).setTimeout(IDLE_MS, this.#end);
    socket.resume();
  }

  /** Whether the connection can carry another request. */
  wake(): boolean {
    const { socket } = this;
    socket.off('data', this.#end).off('end', this.#end).off('timeout', this.#end).setTimeout(0);
    socket.pause();
    return !socket.destroyed && socket.readable && socket.writable;
  }
}

const normal = (text: string) => text.replaceAll(':', '').toLowerCase();

async function connected(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const failed = once(socket, 'close', { signal: ended.signal }).then(() => {
    throw new CameraError('unreachable', 'the camera closed the connection');
  });
  const abort = () => socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    // `once` rejects with an error that comes before the event.
    await Promise.race([once(socket, event, { signal: ended.signal }), failed]);
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', abort);
    failed.catch(() => undefined);
    ended.abort();
  }
}
