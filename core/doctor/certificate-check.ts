import { X509Certificate } from 'node:crypto';
import type { CertificateProvider } from '../http/tls/certificate-provider.js';
import { systemClock } from '../runtime/clock.js';
import { messageOf } from '../runtime/errors.js';
import { type Check, failure, ok, type Verdict, warning } from './finding.js';

const DAY_MS = 86_400_000;
/** Programs and authorities renew earlier. */
const SOON_DAYS = 14;

/** The certificate of HTTPS and MQTT over TLS: its fingerprint, and whether it is valid. */
export const certificateCheck = (provider: CertificateProvider): Check => ({
  about: 'certificate',
  run() {
    try {
      const stored = provider.stored();
      return stored
        ? verdictOf(new X509Certificate(stored.chain), provider.kind)
        : ok('none yet; it is made when the program starts or a client uses TLS');
    } catch (error) {
      return failure(
        messageOf(error),
        'Correct http.tls in the configuration (docs/configuration.md).',
      );
    }
  },
});

function verdictOf(certificate: X509Certificate, kind: CertificateProvider['kind']): Verdict {
  const { fingerprint256, validFrom, validTo } = certificate;
  const shown = `SHA-256 ${fingerprint256}`;
  const now = systemClock();
  const days = Math.floor((Date.parse(validTo) - now) / DAY_MS);
  const advice =
    kind === 'given'
      ? 'Renew it in the files that http.tls names; they are read again when they change.'
      : 'Check the log ("certificate") and the clock of this machine: timedatectl';
  if (Date.parse(validFrom) > now)
    return failure(`${shown}, not valid before ${validFrom}`, advice);
  if (days < 0) return failure(`${shown}, expired ${validTo}`, advice);
  if (days < SOON_DAYS) return warning(`${shown}, expires in ${days} days`, advice);
  return ok(`${shown}, valid for ${days} days`);
}
