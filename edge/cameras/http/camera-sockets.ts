import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { CameraError } from '../camera.js';
import { CameraConnection } from './camera-connection.js';
import { type Address, connected } from './connected.js';
import type { SocketPool } from './lenient-request.js';
import { OLD_TLS, oldTlsError, type TlsSettings } from './old-tls.js';

/** The connections to one host and port. At most one is kept while nothing is under way. */
export class CameraSockets implements SocketPool {
  #idle: CameraConnection | undefined;
  #isClosed = false;

  constructor(
    private readonly url: URL,
    private readonly tls: TlsSettings = {},
  ) {}

  async take(signal: AbortSignal): Promise<{ connection: CameraConnection; isReused: boolean }> {
    const connection = this.#idle;
    this.#idle = undefined;
    if (!connection?.isUsable) return { connection: await this.open(signal), isReused: false };
    connection.wake();
    return { connection, isReused: true };
  }

  async open(signal: AbortSignal): Promise<CameraConnection> {
    signal.throwIfAborted();
    const isSecure = this.url.protocol === 'https:';
    const address = addressOf(this.url);
    const socket = isSecure ? connectTls({ ...address, ...this.#tlsOptions }) : connectTcp(address);
    // Without a listener, an error after the connection failed would end the process.
    socket.on('error', () => undefined);
    try {
      await connected(socket, isSecure ? 'secureConnect' : 'connect', signal);
    } catch (error) {
      throw isSecure ? await oldTlsError(address, this.tls, error, signal) : error;
    }
    if (isSecure) this.#checkFingerprint(socket as TLSSocket);
    return new CameraConnection(socket);
  }

  giveBack(connection: CameraConnection): void {
    if (this.#isClosed || this.#idle || !connection.isUsable) {
      connection.destroy();
      return;
    }
    this.#idle = connection;
    connection.rest();
  }

  close(): void {
    this.#isClosed = true;
    this.#idle?.destroy();
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
