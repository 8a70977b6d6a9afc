import type { TlsCredentials } from '../../runtime/tls/credentials.js';

/** Where a certificate comes from. */
export interface CertificateProvider {
  readonly kind: 'own' | 'given' | 'acme';
  /** The certificate as it is now: makes, reads or renews it if that is due. Rejects if there is none. */
  refresh(signal?: AbortSignal): Promise<TlsCredentials>;
  /** As it is stored; undefined if there is none yet. Makes none. */
  stored(): TlsCredentials | undefined;
}
