import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import test from 'ava';
import { isOfPublicAuthority } from '../../../cloud-relay/api/own-pin.js';
import { relayConfigSchema } from '../../../cloud-relay/config.js';
import { enrolmentPlace } from '../../../cloud-relay/fleet/enrolment-place.js';
import { Enrolments } from '../../../cloud-relay/fleet/enrolments.js';
import { Fleet } from '../../../cloud-relay/fleet/fleet.js';
import { decodeEnrolmentCode, hexOf } from '../../../core/contract/enrolment-code.js';
import { log } from '../../support/delivery-fixtures.js';
import { startFleet } from '../../support/fleet.js';
import { makeCertificate } from '../../support/https-front.js';

const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');
const enrolment = { url: 'https://relay.example', brokerUrl: 'mqtts://relay.example:8883' };
const config = relayConfigSchema.parse({ enrolment });

test('a site does not expect the fingerprint of a broker’s certificate that a public authority renews', (t) => {
  const ofPublic = enrolmentPlace(config, () => ({ fingerprint: FINGERPRINT, isPublic: true }));
  t.is(ofPublic?.broker.fingerprint, undefined);
  t.is(ofPublic?.fingerprint.toString('hex').toUpperCase(), FINGERPRINT.replaceAll(':', ''));
  const own = enrolmentPlace(config, () => ({ fingerprint: FINGERPRINT, isPublic: false }));
  t.is(own?.broker.fingerprint, FINGERPRINT);
});

test('an authority is public if Node.js trusts it', async (t) => {
  const { certificateFile } = await makeCertificate(t);
  t.false(isOfPublicAuthority(readFileSync(certificateFile, 'utf8')));
  t.false(isOfPublicAuthority(''));
  for (const pem of rootCertificates.slice(0, 3)) t.true(isOfPublicAuthority(pem));
});

test('a code of a site that was removed is not good for a later site of the same name', async (t) => {
  const { db, registry, presence } = await startFleet(t);
  const fleet = new Fleet({ db, registry, presence, log });
  const place = enrolmentPlace(config, () => ({ fingerprint: FINGERPRINT, isPublic: true }));
  const parts = { db, place: () => place, hasAccounts: true, clock: () => 1_000 };
  const enrolments = new Enrolments(parts);
  const offered = await enrolments.offer('yard');
  await fleet.removeSite('yard');
  await fleet.createSite('yard');
  const code = decodeEnrolmentCode(offered.code);
  if ('fault' in code) throw new Error(code.fault);
  const exchange = { secret: hexOf(code.secret), site: 'yard', password: 'p'.repeat(40) };
  await t.throwsAsync(enrolments.exchange(exchange), { message: /The code is not good/ });
});
