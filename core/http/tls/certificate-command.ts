import type { CommandOptions } from '../../runtime/command-line.js';
import { StartError } from '../../runtime/errors.js';
import { pemBlocks } from '../../runtime/tls/pem.js';
import type { CertificateProvider } from './certificate-provider.js';
import { describeCertificate } from './describe-certificate.js';

const USAGE = 'expected "certificate" or "certificate pem"';

/**
 * Shows the certificate that the program uses, with its fingerprints; with the word `pem` the one to give to clients as
 * their authority. Throws StartError.
 */
export async function certificateCommand(
  provider: CertificateProvider,
  { words: [format, ...more], json }: CommandOptions,
): Promise<string> {
  if (more.length > 0 || (format !== undefined && format !== 'pem')) throw new StartError(USAGE);
  const stored = provider.stored();
  if (!stored)
    throw new StartError(
      'there is no certificate yet: the program makes it when it starts, or with the first client that uses TLS',
    );
  if (format === 'pem') return (pemBlocks(stored.chain).at(-1) ?? '').trimEnd();
  const facts = describeCertificate(stored, provider.kind);
  if (json) return JSON.stringify({ kind: provider.kind, ...facts, pem: stored.chain }, null, 2);
  return [
    ['fingerprint', `SHA-256 ${facts.fingerprint}`],
    ...(facts.authorityFingerprint ? [['authority', `SHA-256 ${facts.authorityFingerprint}`]] : []),
    ['kind', KINDS[provider.kind]],
    ['subject', facts.subject],
    ['names', facts.names],
    ['valid', `${facts.validFrom} to ${facts.validTo}`],
  ]
    .map(([name = '', value]) => `${name.padEnd(12)} ${value}`)
    .join('\n');
}

const KINDS: Record<CertificateProvider['kind'], string> = {
  own: 'made by this program, renewed automatically; the authority stays',
  given: 'from http.tls.certificateFile',
  acme: 'from an authority by ACME, renewed automatically',
};
