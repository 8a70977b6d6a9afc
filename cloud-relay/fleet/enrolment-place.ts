import { readTextFile } from '../../core/runtime/configuration.js';
import { StartError } from '../../core/runtime/errors.js';
import { fingerprintOf } from '../../core/runtime/tls/fingerprint.js';
import type { EnrolmentSettings, RelayConfig } from '../config.js';
import type { EnrolmentPlace } from './enrolments.js';

/**
 * Read for each code, since a certificate is renewed while the relay runs. `ownPin` says how clients know the relay's own
 * certificate. Throws StartError.
 */
export function enrolmentPlace(
  { enrolment, mqtt }: RelayConfig,
  ownPin: () => { fingerprint: string; isPublic: boolean } | undefined,
): EnrolmentPlace | undefined {
  if (!enrolment) return undefined;
  const { url, brokerUrl, brokerCaFile } = enrolment;
  const { hostname, port } = new URL(url);
  const own = ownPin();
  const shown = pinOf(enrolment) ?? own?.fingerprint;
  if (shown === undefined)
    throw new StartError(
      'this relay has no certificate yet: start it, and open its HTTPS address once; or set enrolment.certificateFile',
    );
  // The embedded broker shows the certificate of the API. One of a public authority is checked as such: it is renewed.
  const isOwn = 'embedded' in mqtt && brokerUrl.startsWith('mqtts:') && brokerCaFile === undefined;
  const brokerPin =
    enrolment.brokerFingerprint ?? (isOwn && !own?.isPublic ? own?.fingerprint : undefined);
  return {
    address: `${hostname}:${port || 443}`,
    fingerprint: Buffer.from(shown.replaceAll(':', ''), 'hex'),
    broker: {
      url: brokerUrl,
      root: mqtt.root,
      ...(brokerPin !== undefined && { fingerprint: brokerPin }),
      ...(brokerCaFile !== undefined && { ca: readTextFile(brokerCaFile) }),
    },
  };
}

const pinOf = ({ certificateFile, fingerprint }: EnrolmentSettings): string | undefined =>
  certificateFile === undefined ? fingerprint : fingerprintOf(readTextFile(certificateFile));
