import { connect } from 'node:tls';
import { CameraError } from '../camera.js';
import { type Address, connected } from './connected.js';

export interface TlsSettings {
  /** SHA-256 of the only certificate that is accepted, as 64 hexadecimal digits, with or without colons. */
  fingerprint?: string | undefined;
  /** Whether TLS 1.0 and 1.1, old ciphers and short keys are accepted. */
  oldTls?: boolean | undefined;
}

/** TLS 1.0 and later, any cipher that is left, RSA keys of 1024 bits: only for a camera with a pinned certificate. */
export const OLD_TLS = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

const NAMES: Record<string, string> = { TLSv1: 'TLS 1.0', 'TLSv1.1': 'TLS 1.1' };
/** What OpenSSL reports if the two sides have no version, cipher or key length in common. */
const HANDSHAKE_ERROR = /^(EPROTO|ECONNRESET|ERR_SSL_\w+)$/;

/**
 * The error to report for a failed handshake: that the camera speaks old TLS only, if it completes a handshake with it.
 * Nothing is sent over that connection.
 */
export async function oldTlsError(
  address: Address,
  { oldTls, fingerprint }: TlsSettings,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (oldTls || !HANDSHAKE_ERROR.test(code) || signal.aborted) return error;
  const socket = connect({ ...address, ...OLD_TLS, rejectUnauthorized: false });
  socket.on('error', () => undefined);
  try {
    await connected(socket, 'secureConnect', signal);
    const what = NAMES[socket.getProtocol() ?? ''] ?? `the old cipher ${socket.getCipher().name}`;
    const advice =
      fingerprint === undefined ? 'set fingerprint and oldTls: true' : 'set oldTls: true';
    return new CameraError('old_tls', `the camera speaks ${what} only; ${advice}`);
  } catch {
    return error;
  } finally {
    socket.destroy();
  }
}
