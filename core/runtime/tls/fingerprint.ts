import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { z } from 'zod';

/** The SHA-256 of a certificate, with or without colons. */
export const fingerprintSchema = z
  .string()
  .regex(/^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$/, 'expected a SHA-256 as 64 hexadecimal digits');

/** In the form that browsers and `openssl x509 -fingerprint` show. */
export const shownFingerprint = (text: string): string =>
  (
    text
      .replaceAll(':', '')
      .toUpperCase()
      .match(/.{1,2}/g) ?? []
  ).join(':');

export const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256;

/**
 * Why the peer is not the one with this fingerprint; undefined if it is. The fingerprint is that of its certificate, or
 * of the authority that it sends along and that signed its certificate: an authority stays when the certificate is
 * renewed. Names and dates of a pinned certificate do not matter.
 */
export function pinFault(socket: TLSSocket, fingerprint: string): string | undefined {
  const expected = shownFingerprint(fingerprint);
  const [shown, ...authorities] = certificatesOf(socket);
  if (!shown) return 'the other side sent no certificate';
  if (shown.fingerprint256 === expected) return undefined;
  for (const authority of authorities)
    if (authority.fingerprint256 === expected && isSignedBy(shown, authority)) return undefined;
  return `the certificate has the fingerprint ${shown.fingerprint256}, but ${expected} is expected`;
}

/** The certificates that the peer sent, its own first. `getPeerX509Certificate` of Node.js 20 works only once. */
function certificatesOf(socket: TLSSocket): X509Certificate[] {
  const found = new Map<string, X509Certificate>();
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (next?.raw && !found.has(next.fingerprint256)) {
    found.set(next.fingerprint256, new X509Certificate(next.raw));
    next = next.issuerCertificate;
  }
  return [...found.values()];
}

/** What a peer sends besides its certificate may be anybody's: the signature decides. */
const isSignedBy = (certificate: X509Certificate, authority: X509Certificate): boolean =>
  authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
