import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import { fingerprintOf } from '../../../core/runtime/tls/fingerprint.js';
import { isThisMachine } from '../../../core/runtime/tls/local-peer.js';
import { startBroker } from '../../support/broker.js';
import { credentialsOf, fixedSource, issueForTest } from '../../support/certificates.js';
import { eventually } from '../../support/eventually.js';
import { connectedBus, startBus } from '../../support/message-bus.js';

async function startTlsBroker(t: ExecutionContext) {
  const issued = await issueForTest();
  const source = fixedSource(credentialsOf(issued));
  const { url } = await startBroker(t, { tls: { source, isPlainTextAllowed: false } });
  const secure = url.replace('mqtt:', 'mqtts:');
  return { issued, source, plain: url, secure, ca: issued.authority.certificate };
}

test('one port of the broker speaks MQTT with and without TLS', async (t) => {
  const { plain, secure, ca } = await startTlsBroker(t);
  const reader = await connectAsync(plain, { reconnectPeriod: 0 });
  const writer = await connectAsync(secure, { ca, reconnectPeriod: 0 });
  t.teardown(() => {
    reader.end(true);
    writer.end(true);
  });
  await reader.subscribeAsync('x/#');
  const message = new Promise<[string, Buffer]>((resolve) =>
    reader.once('message', (topic, payload) => resolve([topic, payload])),
  );
  // More than one TLS record.
  await writer.publishAsync('x/y', 'z'.repeat(100_000), { qos: 1 });
  const [topic, payload] = await message;
  t.deepEqual([topic, payload.length], ['x/y', 100_000]);
});

test('a client that does not trust the certificate does not connect', async (t) => {
  const { secure } = await startTlsBroker(t);
  const bus = await startBus(t, secure);
  await eventually(() => bus.status().lastError !== undefined);
  t.regex(bus.status().lastError ?? '', /self-signed certificate|unable to verify/);
});

test('a pinned broker needs no authority; the pin may be that of the certificate or of its authority', async (t) => {
  const { issued, secure } = await startTlsBroker(t);
  for (const pem of [issued.certificate, issued.authority.certificate]) {
    const bus = await connectedBus(t, secure, { fingerprint: fingerprintOf(pem) });
    t.true(bus.connected);
  }
});

test('a pin of the authority outlives a renewal', async (t) => {
  const { issued, source, secure } = await startTlsBroker(t);
  const fingerprint = fingerprintOf(issued.authority.certificate);
  await connectedBus(t, secure, { fingerprint });
  source.replace(credentialsOf(await issueForTest({ authority: issued.authority })));
  const bus = await connectedBus(t, secure, { fingerprint });
  t.true(bus.connected);
});

test('with another certificate than the pinned one nothing is sent, and the error has both fingerprints', async (t) => {
  const [pinned, shown] = [await issueForTest(), await issueForTest()];
  const seen: string[] = [];
  const accounts = {
    verify: async (username: string) => {
      seen.push(username);
      return undefined;
    },
  };
  const tls = { source: fixedSource(credentialsOf(shown)), isPlainTextAllowed: false };
  const { url } = await startBroker(t, { accounts, tls });
  const expected = fingerprintOf(pinned.certificate);
  const bus = await startBus(t, url.replace('mqtt:', 'mqtts:'), {
    username: 'north',
    password: 'secret',
    fingerprint: expected,
  });
  await eventually(() => bus.status().lastError !== undefined);
  t.is(
    bus.status().lastError,
    `the certificate has the fingerprint ${fingerprintOf(shown.certificate)}, but ${expected} is expected`,
  );
  t.deepEqual(seen, [], 'the password was not sent');
});

test('this machine is known by loopback and by its own addresses', (t) => {
  const local = (remoteAddress: string | undefined, localAddress?: string) =>
    isThisMachine({ remoteAddress, localAddress });
  for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])
    t.true(local(address));
  t.true(local('192.0.2.2', '192.0.2.2'));
  for (const address of ['192.0.2.2', '::ffff:192.0.2.2', 'fd00::1', '', undefined])
    t.false(local(address, '192.0.2.3'), address);
});

test('a connection that says nothing is closed, whatever it could have spoken', async (t) => {
  const issued = await issueForTest();
  const tls = { source: fixedSource(credentialsOf(issued)), isPlainTextAllowed: true };
  const { broker } = await startBroker(t, { tls, limits: { connectTimeoutMs: 300 } });
  const { port } = broker.address;
  for (const bytes of [undefined, Buffer.from([0x16, 3, 1])]) {
    const socket = connectSocket(port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    if (bytes) socket.write(bytes);
    await once(socket, 'close');
  }
  t.pass();
});
