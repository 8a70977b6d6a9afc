import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import { BrokerTls } from '../../../core/messaging/broker-tls.js';
import { silentLogger } from '../../../core/runtime/logger.js';
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

test('a client on another machine without TLS is refused with a reason, unless plain text is allowed', async (t) => {
  const issued = await issueForTest();
  for (const isPlainTextAllowed of [false, true]) {
    const handled: Socket[] = [];
    const source = fixedSource(credentialsOf(issued));
    const broker = new BrokerTls(
      { source, isPlainTextAllowed },
      (socket) => handled.push(socket),
      1_000,
      silentLogger(),
    );
    const server = createServer((socket) => {
      Object.defineProperty(socket, 'remoteAddress', { value: '192.0.2.99' });
      broker.accept(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connectSocket(port, '127.0.0.1');
    t.teardown(() => {
      client.destroy();
      for (const socket of handled) socket.destroy();
      server.close();
    });
    // CONNECT of MQTT 3.1.1.
    client.write(Buffer.from('100c00044d5154540402003c0000', 'hex'));
    if (isPlainTextAllowed) {
      await eventually(() => handled.length === 1);
      continue;
    }
    const [answer] = await once(client, 'data');
    t.is(answer.toString('hex'), '20020005', 'not authorised');
    await once(client, 'end');
    t.deepEqual(handled, []);
  }
});
