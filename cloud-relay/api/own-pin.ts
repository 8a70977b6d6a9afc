import { certificateProvider } from '../../core/http/tls/create-tls.js';
import { describeCertificate } from '../../core/http/tls/describe-certificate.js';
import { silentLogger } from '../../core/runtime/logger.js';
import type { RelayConfig } from '../config.js';
import { tlsOptionsOf } from './tls-options.js';

/**
 * The fingerprint by which clients know the certificate of this relay: of the authority that it made, which stays when
 * the certificate is renewed, or of the certificate. Undefined before there is one.
 */
export function ownPin(config: RelayConfig): string | undefined {
  const provider = certificateProvider(tlsOptionsOf(config), silentLogger());
  const stored = provider.stored();
  if (!stored) return undefined;
  const { authorityFingerprint, fingerprint } = describeCertificate(stored, provider.kind);
  return authorityFingerprint ?? fingerprint;
}
