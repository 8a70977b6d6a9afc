import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { CameraError } from '../camera.js';

type CreateConnection = NonNullable<Agent['createConnection']>;

/**
 * Connects over TLS only to the holder of one certificate, identified by its SHA-256 fingerprint. Host name, validity
 * period and issuer are not checked. Nothing is sent before the certificate has been compared.
 */
export class PinnedAgent extends Agent {
  readonly #fingerprint: string;

  /** `fingerprint` as 64 hexadecimal digits, with or without colons. */
  constructor(fingerprint: string, options: { maxSockets: number }) {
    // A resumed session presents no certificate to compare.
    super({ keepAlive: true, maxCachedSessions: 0, ...options });
    this.#fingerprint = normalFingerprint(fingerprint);
  }

  override createConnection(...[options, callback]: Parameters<CreateConnection>): undefined {
    const socket: TLSSocket = connect({ ...options, rejectUnauthorized: false } as object);
    const failed = (error: Error) => callback?.(error, socket as Duplex);
    socket.once('error', failed).once('secureConnect', () => {
      socket.off('error', failed);
      if (normalFingerprint(socket.getPeerCertificate().fingerprint256) === this.#fingerprint)
        return callback?.(null, socket);
      socket.destroy();
      callback?.(
        new CameraError(
          'wrong_certificate',
          'the certificate of the camera does not match its fingerprint setting',
        ),
        socket,
      );
    });
    return undefined;
  }
}

const normalFingerprint = (text: string) => text.replaceAll(':', '').toLowerCase();
