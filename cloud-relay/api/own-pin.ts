import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { certificateProvider } from '../../core/http/tls/create-tls.js';
import { describeCertificate } from '../../core/http/tls/describe-certificate.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { pemBlocks } from '../../core/runtime/tls/pem.js';
import type { RelayConfig } from '../config.js';
import { tlsOptionsOf } from './tls-options.js';

export interface OwnPin {
  /** Of the authority that the relay made, which stays when the certificate is renewed, or of the certificate. */
  fingerprint: string;
  /**
   * Whether clients know the certificate by their system's authorities. It is replaced every few weeks then, so that a
   * client that expects its fingerprint would be cut off.
   */
  isPublic: boolean;
}

/** How clients know the certificate of this relay. Undefined before there is one. */
export function ownPin(config: RelayConfig): OwnPin | undefined {
  const provider = certificateProvider(tlsOptionsOf(config), silentLogger());
  const stored = provider.stored();
  if (!stored) return undefined;
  const { authorityFingerprint, fingerprint } = describeCertificate(stored, provider.kind);
  const isPublic =
    provider.kind === 'acme' || (provider.kind === 'given' && isOfPublicAuthority(stored.chain));
  return { fingerprint: authorityFingerprint ?? fingerprint, isPublic };
}

/** Whether one of the authorities that Node.js trusts signed the chain. */
export function isOfPublicAuthority(chain: string): boolean {
  const last = pemBlocks(chain).at(-1);
  if (last === undefined) return false;
  const top = new X509Certificate(last);
  return rootCertificates.some((pem) => {
    const root = new X509Certificate(pem);
    return top.checkIssued(root) && top.verify(root.publicKey);
  });
}
