import type { CertificateFactsResource } from '../../../core/contract/system.js';
import { formatAgo, formatDateTime } from '../../shared/format.js';
import { Badge } from '../../shared/ui/badge.js';
import { Section } from '../../shared/ui/section.js';
import { texts } from '../../texts/texts.js';
import { Card } from './card.js';

const words = texts.system;
const SOON_MS = 14 * 86_400_000;

export function Certificates({ of }: { of: CertificateFactsResource[] }) {
  if (of.length === 0)
    return (
      <div class="card">
        <Section title={words.certificates}>
          <p>{words.noCertificate}</p>
        </Section>
      </div>
    );
  return (
    <>
      {of.map((certificate) => (
        <Certificate key={certificate.fingerprint} certificate={certificate} />
      ))}
    </>
  );
}

const Certificate = ({ certificate }: { certificate: CertificateFactsResource }) => (
  <Card
    title={words.certificates}
    actions={<Expiry validTo={certificate.validTo} />}
    facts={[
      [words.origin, words.kinds[certificate.kind]],
      [words.names, certificate.names],
      [
        words.validTo,
        words.expiresIn(formatDateTime(certificate.validTo), formatAgo(certificate.validTo)),
      ],
      [words.fingerprint, <code>{certificate.fingerprint}</code>],
      ...(certificate.authorityFingerprint === null
        ? []
        : [[words.authority, <code>{certificate.authorityFingerprint}</code>] as const]),
    ]}
  />
);

function Expiry({ validTo }: { validTo: string }) {
  const left = Date.parse(validTo) - Date.now();
  if (left < 0) return <Badge tone="bad">{words.expired}</Badge>;
  if (left < SOON_MS) return <Badge tone="warning">{words.expiresSoon}</Badge>;
  return null;
}
