import { readTextFile } from '../../core/runtime/configuration.js';
import { fingerprintOf } from '../../core/runtime/tls/fingerprint.js';
import type { RelayConfig } from '../config.js';
import type { EnrolmentPlace } from './enrolments.js';

/** Read for each code, since a certificate is renewed while the relay runs. Throws StartError. */
export function enrolmentPlace({ enrolment, mqtt }: RelayConfig): EnrolmentPlace | undefined {
  if (!enrolment) return undefined;
  const {
    url,
    certificateFile,
    fingerprint = '',
    brokerUrl,
    brokerCaFile,
    brokerFingerprint,
  } = enrolment;
  const shown =
    certificateFile === undefined ? fingerprint : fingerprintOf(readTextFile(certificateFile));
  const { hostname, port } = new URL(url);
  return {
    address: `${hostname}:${port || 443}`,
    fingerprint: Buffer.from(shown.replaceAll(':', ''), 'hex'),
    broker: {
      url: brokerUrl,
      root: mqtt.root,
      ...(brokerFingerprint !== undefined && { fingerprint: brokerFingerprint }),
      ...(brokerCaFile !== undefined && { ca: readTextFile(brokerCaFile) }),
    },
  };
}
