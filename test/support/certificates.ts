import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import type {
  CertificateRequest,
  IssuedCertificate,
} from '../../core/http/tls/certificate-request.js';
import { issueCertificate } from '../../core/http/tls/issue-certificate.js';
import type { TlsCredentials, TlsSource } from '../../core/runtime/tls/credentials.js';
import { temporaryFolder } from './temporary-folder.js';

const DAY_MS = 86_400_000;

/** A certificate for this machine, signed by an authority of its own unless `request` names one. */
export const issueForTest = (
  request: Partial<CertificateRequest> = {},
): Promise<IssuedCertificate> =>
  issueCertificate({
    authorityName: 'Test authority',
    commonName: 'test',
    organisation: 'Siteglass test',
    names: ['localhost'],
    addresses: ['127.0.0.1'],
    notBefore: Date.now() - DAY_MS,
    notAfter: Date.now() + 30 * DAY_MS,
    ...request,
  });

export const credentialsOf = ({
  key,
  certificate,
  authority,
}: IssuedCertificate): TlsCredentials => ({
  key,
  chain: certificate + authority.certificate,
});

/** A source whose certificate changes with `replace`. */
export function fixedSource(first: TlsCredentials): TlsSource & {
  replace(next: TlsCredentials): void;
} {
  const listeners = new Set<(credentials: TlsCredentials) => void>();
  return {
    credentials: async () => first,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    replace(next) {
      for (const listener of listeners) listener(next);
    },
  };
}

/** The files of an operator's certificate. */
export async function certificateFiles(issued: IssuedCertificate) {
  const folder = await temporaryFolder();
  const files = { certificateFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  await writeFile(files.certificateFile, issued.certificate + issued.authority.certificate);
  await writeFile(files.keyFile, issued.key);
  return files;
}

/** Connects and resolves with the socket after the handshake; rejects if the certificate is not trusted. */
export function handshake(port: number, ca: string, servername = 'localhost'): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername }, () => resolve(socket));
    socket.once('error', reject);
  });
}
