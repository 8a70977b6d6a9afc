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
  #idle: Socket | undefined;
  #isClosed = false;

  constructor(
    private readonly url: URL,
    private readonly tls: TlsSettings = {},
  ) {}

  async take(signal: AbortSignal): Promise<{ socket: Socket; isReused: boolean }> {
    const idle = this.#idle;
    this.#idle = undefined;
    if (idle && !idle.destroyed && idle.readable && idle.writable) {
      idle.removeAllListeners().setTimeout(0);
      idle.on('error', () => undefined);
      return { socket: idle, isReused: true };
    }
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
    this.#idle = socket;
    const end = () => socket.destroy();
    // Nothing was asked for: what comes now would be taken for the next answer.
    socket.once('data', end).once('end', end).setTimeout(IDLE_MS, end);
    socket.resume();
  }

  close(): void {
    this.#isClosed = true;
    this.#idle?.destroy();
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
    throw new CameraError('wrong_certificate', 'the camera shows another certificate');
  }
}

const normal = (text: string) => text.replaceAll(':', '').toLowerCase();

async function connected(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settled = (work: () => void) => () => {
      socket.removeAllListeners();
      signal.removeEventListener('abort', abort);
      work();
    };
    const abort = settled(() => {
      socket.on('error', () => undefined).destroy();
      reject(signal.reason);
    });
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', (error) => settled(() => reject(error))());
    socket.once(
      'close',
      settled(() => reject(new CameraError('unreachable', 'the camera closed the connection'))),
    );
    socket.once(event, settled(resolve));
  });
}
