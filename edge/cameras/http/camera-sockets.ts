import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { CameraError } from '../camera.js';
import { type Address, connected } from './connected.js';
import type { SocketPool } from './lenient-request.js';
import { OLD_TLS, oldTlsError, type TlsSettings } from './old-tls.js';

/** A connection that is not used for so long is closed. */
const IDLE_MS = 60_000;

interface Idle {
  socket: Socket;
  close(): void;
}

/** The connections to one host and port. At most one is kept while nothing is under way. */
export class CameraSockets implements SocketPool {
  #idle: Idle | undefined;
  #isClosed = false;

  constructor(
    private readonly url: URL,
    private readonly tls: TlsSettings = {},
  ) {}

  async take(signal: AbortSignal): Promise<{ socket: Socket; isReused: boolean }> {
    const { socket, close } = this.#idle ?? {};
    this.#idle = undefined;
    if (!socket || !close) return { socket: await this.open(signal), isReused: false };
    socket.off('data', close).off('end', close).off('timeout', close).setTimeout(0);
    const isUsable = !socket.destroyed && socket.readable && socket.writable;
    return isUsable
      ? { socket, isReused: true }
      : { socket: await this.open(signal), isReused: false };
  }

  async open(signal: AbortSignal): Promise<Socket> {
    signal.throwIfAborted();
    const isSecure = this.url.protocol === 'https:';
    const address = addressOf(this.url);
    const socket = isSecure ? connectTls({ ...address, ...this.#tlsOptions }) : connectTcp(address);
    // A reader hears of errors as well; without a listener, one between two reads would end the process.
    socket.on('error', () => undefined);
    try {
      await connected(socket, isSecure ? 'secureConnect' : 'connect', signal);
    } catch (error) {
      throw isSecure ? await oldTlsError(address, this.tls, error, signal) : error;
    }
    if (isSecure) this.#checkFingerprint(socket as TLSSocket);
    return socket;
  }

  giveBack(socket: Socket): void {
    if (this.#isClosed || this.#idle || socket.destroyed) {
      socket.destroy();
      return;
    }
    const close = () => void socket.destroy();
    this.#idle = { socket, close };
    // Nothing was asked for: what comes now would be taken for the next answer.
    socket.once('data', close).once('end', close).once('timeout', close).setTimeout(IDLE_MS);
    socket.resume();
  }

  close(): void {
    this.#isClosed = true;
    this.#idle?.close();
    this.#idle = undefined;
  }

  get #tlsOptions() {
    const { fingerprint, oldTls } = this.tls;
    return {
      // A pinned certificate is compared after the handshake: names, dates and authorities do not matter then.
      rejectUnauthorized: fingerprint === undefined,
      ...(oldTls && fingerprint !== undefined && OLD_TLS),
    };
  }

  /** Nothing is sent before the certificate has been compared. */
  #checkFingerprint(socket: TLSSocket): void {
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

function addressOf({ protocol, hostname, port }: URL): Address {
  const host = hostname.replace(/^\[|\]$/g, '');
  const isName = !/^[\d.]+$|:/.test(host);
  return {
    host,
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    ...(protocol === 'https:' && isName && { servername: host }),
  };
}

const normal = (text = '') => text.replaceAll(':', '').toLowerCase();
