import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { CameraError } from '../camera.js';

type CreateConnection = NonNullable<Agent['createConnection']>;

/**
 * Speaks TLS only with the holder of one certificate, known by its SHA-256 fingerprint; names, dates and
 * authorities do not matter then. Nothing is sent before the certificate has been compared.
 */
export class PinnedAgent extends Agent {
  readonly #fingerprint: string;

  /** `fingerprint` as 64 hexadecimal digits, with or without colons. */
  constructor(fingerprint: string, options: { maxSockets: number }) {
    // A resumed session shows no certificate to compare.
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
        new CameraError('wrong_certificate', 'the camera shows another certificate'),
        socket,
      );
    });
    return undefined;
  }
}

const normalFingerprint = (text: string) => text.replaceAll(':', '').toLowerCase();
