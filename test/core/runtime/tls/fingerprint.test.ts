import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import type { TlsCredentials } from '../../../../core/runtime/tls/credentials.js';
import {
  fingerprintOf,
  fingerprintSchema,
  pinFault,
} from '../../../../core/runtime/tls/fingerprint.js';
import { credentialsOf, issueForTest } from '../../../support/certificates.js';

async function faultAt(t: ExecutionContext, { key, chain }: TlsCredentials, fingerprint: string) {
  const server = createServer({ key, cert: chain }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  t.teardown(() => {
    socket.destroy();
    server.close();
  });
  return pinFault(socket, fingerprint);
}

test('a certificate has the pinned fingerprint, in either form', async (t) => {
  const issued = await issueForTest();
  const fingerprint = fingerprintOf(issued.certificate);
  t.is(await faultAt(t, credentialsOf(issued), fingerprint), undefined);
  const plain = fingerprint.replaceAll(':', '').toLowerCase();
  t.is(await faultAt(t, credentialsOf(issued), plain), undefined);
  t.true(fingerprintSchema.safeParse(plain).success);
  t.false(fingerprintSchema.safeParse('12:34').success);
});

test('a pinned authority vouches for the certificate that it signed, also for the next one', async (t) => {
  const first = await issueForTest();
  const next = await issueForTest({ authority: first.authority });
  const pin = fingerprintOf(first.authority.certificate);
  t.is(await faultAt(t, credentialsOf(first), pin), undefined);
  t.is(await faultAt(t, credentialsOf(next), pin), undefined);
});

test('a pinned authority that did not sign the certificate is no proof, though it is sent along', async (t) => {
  const [known, other] = [await issueForTest(), await issueForTest()];
  const pin = fingerprintOf(known.authority.certificate);
  const forged = { key: other.key, chain: other.certificate + known.authority.certificate };
  const shown = fingerprintOf(other.certificate);
  t.is(
    await faultAt(t, forged, pin),
    `the certificate has the fingerprint ${shown}, but ${pin} is expected`,
  );
});
