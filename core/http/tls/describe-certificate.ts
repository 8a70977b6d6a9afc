import { X509Certificate } from 'node:crypto';
import { toIsoString } from '../../runtime/clock.js';
import type { TlsCredentials } from '../../runtime/tls/credentials.js';
import { pemBlocks } from '../../runtime/tls/pem.js';
import type { CertificateProvider } from './certificate-provider.js';

/** What people compare and look up of a certificate. */
export interface CertificateFacts {
  /** SHA-256 of the certificate, as browsers show it. */
  fingerprint: string;
  /** SHA-256 of the program's own authority, which stays when the certificate is renewed; absent with another certificate. */
  authorityFingerprint?: string;
  subject: string;
  names: string;
  validFrom: string;
  validTo: string;
}

export function describeCertificate(
  { chain }: TlsCredentials,
  kind: CertificateProvider['kind'],
): CertificateFacts {
  const [first = '', authority] = pemBlocks(chain);
  const certificate = new X509Certificate(first);
  return {
    fingerprint: certificate.fingerprint256,
    ...(kind === 'own' &&
      authority && { authorityFingerprint: new X509Certificate(authority).fingerprint256 }),
    subject: certificate.subject.replaceAll('\n', ', '),
    names: certificate.subjectAltName ?? '',
    validFrom: toIsoString(Date.parse(certificate.validFrom)),
    validTo: toIsoString(Date.parse(certificate.validTo)),
  };
}
