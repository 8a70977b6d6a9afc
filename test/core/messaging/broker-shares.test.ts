import type { EventEmitter } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Aedes } from 'aedes';
import test, { type ExecutionContext } from 'ava';
import { type IClientOptions, MqttClient } from 'mqtt';
import { generate, type Packet, parser } from 'mqtt-packet';
import { pino } from 'pino';
import type { Account } from '../../../core/messaging/access-rules.js';
import type { EmbeddedBroker } from '../../../core/messaging/embedded-broker.js';
import { startBroker } from '../../support/broker.js';
import { eventually } from '../../support/eventually.js';

/** An address that is not the site's: all of 127.0.0.0/8 is loopback on Linux. */
const ATTACKER = '127.0.0.9';

const known: Record<string, { password: string; account: Account }> = {
  north: { password: 'n', account: { role: 'site', site: 'north' } },
  relay: { password: 'r', account: { role: 'relay' } },
  dashboard: { password: 'd', account: { role: 'reader' } },
};
/** As dear as the real ones, so that a flood keeps them busy. */
const CHECK_MS = 20;
const accounts = {
  checks: 0,
  verify: async (username: string, password: string) => {
    await sleep(CHECK_MS);
    const entry = known[username];
    return entry?.password === password ? entry.account : undefined;
  },
};

type Line = { msg: string; address?: string; client?: string };

function logged() {
  const lines: Line[] = [];
  const log = pino(
    { level: 'warn' },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  return { lines, log };
}

async function client(
  t: ExecutionContext,
  url: string,
  username: string,
  { localAddress, ...options }: IClientOptions & { localAddress?: string } = {},
): Promise<MqttClient> {
  const password = known[username]?.password ?? '';
  const clientId = username === 'north' ? 'siteglass-north' : `x-${username}`;
  const { hostname: host, port } = new URL(url);
  const connected = new MqttClient(
    () => connectSocket({ host, port: Number(port), ...(localAddress && { localAddress }) }),
    { username, password, clientId, reconnectPeriod: 0, connectTimeout: 10_000, ...options },
  );
  t.teardown(() => connected.end(true));
  await new Promise((resolve, reject) => {
    connected.once('connect', resolve);
    connected.on('error', reject);
    connected.once('close', () => reject(new Error('closed')));
  });
  return connected;
}

function socketFrom(t: ExecutionContext, broker: EmbeddedBroker, localAddress = ATTACKER): Socket {
  const socket = connectSocket({ port: broker.address.port, host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  return socket;
}

const closed = (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket.resume();
    socket.once('close', () => resolve());
  });

const connectPacket = (username: string, more: object = {}): Buffer =>
  generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    clientId: `raw-${username}`,
    username,
    password: Buffer.from(known[username]?.password ?? ''),
    ...more,
  });

/** A client that decides itself about each packet. */
async function rawClient(t: ExecutionContext, broker: EmbeddedBroker, username: string, more = {}) {
  const socket = socketFrom(t, broker);
  const packets: Packet[] = [];
  const packetParser = parser();
  packetParser.on('packet', (packet) => packets.push(packet));
  socket.on('data', (chunk) => packetParser.parse(chunk));
  socket.write(connectPacket(username, more));
  await eventually(() => packets.length === 1);
  return { socket, packets };
}

test.serial('1,500 idle connections from one address leave the broker to the others', async (t) => {
  const { lines, log } = logged();
  const { url, broker } = await startBroker(t, { accounts }, log);
  let closedCount = 0;
  // Fewer at once than the queue of connections that the kernel has accepted.
  for (let i = 0; i < 1_500; i += 100) {
    const sockets = Array.from({ length: 100 }, () => socketFrom(t, broker));
    for (const socket of sockets) void closed(socket).then(() => closedCount++);
    await Promise.all(sockets.map((socket) => new Promise((done) => socket.once('connect', done))));
  }
  await eventually(() => closedCount >= 1_500 - 64);
  const north = await client(t, url, 'north');
  t.true(north.connected);
  t.is(closedCount, 1_500 - 64, 'one address has 64 connections that are not logged in');
  t.is(lines.filter(({ msg }) => msg.startsWith('connection refused')).length, 1, 'logged once');
});

test('connections from many addresses take the place of those of the address with most', async (t) => {
  const limits = { maxPending: 20, maxPendingPerAddress: 15 };
  const { url, broker } = await startBroker(t, { accounts, limits });
  let closedCount = 0;
  const open = async (address: string, count: number) => {
    const sockets = Array.from({ length: count }, () => socketFrom(t, broker, address));
    for (const socket of sockets) void closed(socket).then(() => closedCount++);
    await Promise.all(sockets.map((socket) => new Promise((done) => socket.once('connect', done))));
  };
  await open('127.0.0.9', 15);
  await open('127.0.0.8', 5);
  t.is(closedCount, 0);
  const north = await client(t, url, 'north');
  t.true(north.connected);
  await eventually(() => closedCount === 1);
});

test('clients of one address that have logged in have a share; a site with an account has its own', async (t) => {
  const limits = { maxConnections: 6, maxConnectionsPerAddress: 5 };
  const { url, broker } = await startBroker(t, { accounts, limits });
  const reader = (i: number, localAddress: string) =>
    client(t, url, 'dashboard', { clientId: `d${i}`, localAddress });
  for (let i = 0; i < 5; i++) await reader(i, ATTACKER);
  await t.throwsAsync(reader(5, ATTACKER), { message: /Server unavailable/ });
  await client(t, url, 'relay');
  t.is(broker.connections, 6);
  const north = await client(t, url, 'north');
  const other = await reader(7, '127.0.0.7');
  t.true(north.connected && other.connected);
  await eventually(() => broker.connections === 6);
});

test('before its login a client may send 8 KiB in a packet, and CONNECT first', async (t) => {
  const { lines, log } = logged();
  const { broker, url } = await startBroker(t, { accounts }, log);
  const announced = Buffer.concat([Buffer.from([0x10, 0xff, 0xff, 0x3f]), Buffer.alloc(50_000)]);
  const probes: [string, Buffer][] = [
    ['client disconnected: the packet is too large', announced],
    [
      'client disconnected: the packet is too large',
      Buffer.concat([Buffer.from([0x10, 0x81, 0x40])]),
    ],
    ['client disconnected: the first packet is not CONNECT', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ];
  for (const [reason, bytes] of probes) {
    const socket = socketFrom(t, broker);
    socket.write(bytes);
    await closed(socket);
    t.true(
      lines.some(({ msg }) => msg === reason),
      reason,
    );
  }
  const willed = await client(t, url, 'dashboard', {
    will: { topic: 'a', payload: Buffer.alloc(7_000), qos: 1, retain: false },
  });
  t.true(willed.connected, 'a large will is accepted');
});

test('what is sent before the login is not read', async (t) => {
  const { broker } = await startBroker(t, {
    accounts: { verify: () => new Promise<undefined>(() => undefined) },
  });
  const socket = socketFrom(t, broker);
  socket.write(connectPacket('north'));
  const publish = generate({
    cmd: 'publish',
    topic: 't',
    payload: Buffer.alloc(4_000),
    qos: 0,
    retain: false,
    dup: false,
  });
  const bytes = 40_000_000;
  socket.write(Buffer.concat(Array.from({ length: bytes / 4_000 }, () => publish)));
  const end = closed(socket);
  // What the kernel holds for a loopback connection is a few megabytes.
  const isEnded = await Promise.race([end.then(() => true), sleep(1_000, false)]);
  t.true(isEnded || socket.writableLength > bytes / 2);
});

test('a login that takes too long is ended', async (t) => {
  const { broker } = await startBroker(t, {
    accounts: { verify: () => new Promise<undefined>(() => undefined) },
    limits: { loginTimeoutMs: 200 },
  });
  const socket = socketFrom(t, broker);
  socket.write(connectPacket('north'));
  await closed(socket);
  t.pass();
});

test('900 unreleased messages of QoS 2: the first ends the connection, before its payload arrives', async (t) => {
  const { lines, log } = logged();
  const { broker, url } = await startBroker(t, { accounts }, log);
  const relay = await client(t, url, 'relay');
  const heard: string[] = [];
  relay.on('message', (topic) => heard.push(topic));
  await relay.subscribeAsync('siteglass/#', { qos: 1 });
  const { socket, packets } = await rawClient(t, broker, 'north', { clientId: 'siteglass-north' });
  const end = closed(socket);
  const before = process.memoryUsage().external;
  const payload = Buffer.alloc(800_000);
  for (let i = 1; i <= 900 && !socket.destroyed; i++) {
    const head = generate({
      cmd: 'publish',
      topic: 'siteglass/north/up',
      payload: '',
      qos: 2,
      messageId: i,
      retain: false,
      dup: false,
    });
    // The length of the whole packet is announced.
    const size = head.length - 2 + payload.length;
    const length = [0x80 | (size & 0x7f), 0x80 | ((size >> 7) & 0x7f), size >> 14];
    socket.write(Buffer.concat([head.subarray(0, 1), Buffer.from(length), head.subarray(2)]));
    if (!socket.write(payload)) await Promise.race([end, sleep(20)]);
  }
  await end;
  t.is(packets.length, 1, 'CONNACK and no PUBREC');
  t.deepEqual(heard, []);
  t.true(process.memoryUsage().external - before < 20e6);
  t.is(lines.filter(({ msg }) => msg === 'client disconnected: QoS 2 is not supported').length, 1);
  t.true((await client(t, url, 'north')).connected, 'the site itself is not shut out');
});

test('a subscription with QoS 2 is granted QoS 1, also among others', async (t) => {
  const { url } = await startBroker(t, { accounts });
  const reader = await client(t, url, 'dashboard');
  const granted = await reader.subscribeAsync({ a: { qos: 2 }, b: { qos: 0 }, c: { qos: 1 } });
  t.deepEqual(
    granted.map(({ topic, qos }) => [topic, qos]),
    [
      ['a', 1],
      ['b', 0],
      ['c', 1],
    ],
  );
});

test('aedes still has the private parser through which SUBSCRIBE packets are changed before it handles them', async (t) => {
  const aedes = await Aedes.createBroker();
  t.teardown(() => new Promise<void>((done) => aedes.close(done)));
  const client = aedes.handle(new PassThrough() as unknown as Socket);
  const { _parser: parser } = client as unknown as { _parser?: EventEmitter };
  t.true(
    (parser?.listenerCount('packet') ?? 0) > 0,
    'capSubscriptions needs Client._parser of aedes, which is not documented: without it, QoS 2 would be granted',
  );
});

test('a will with QoS 2 is delivered with QoS 1', async (t) => {
  const { url, broker } = await startBroker(t, { accounts });
  const relay = await client(t, url, 'relay');
  const heard = new Promise<number>((resolve) =>
    relay.on('message', (_topic, _payload, { qos }) => resolve(qos)),
  );
  await relay.subscribeAsync('siteglass/#', { qos: 2 });
  await client(t, url, 'north', {
    will: {
      topic: 'siteglass/north/availability',
      payload: Buffer.from('offline'),
      qos: 2,
      retain: true,
    },
  });
  broker.disconnectSite('north');
  t.is(await heard, 1);
});

/** Subscribes to many filters of one client. Resolves with the codes of SUBACK. */
async function subscribeMany(
  t: ExecutionContext,
  broker: EmbeddedBroker,
  username: string,
  count: number,
  more = {},
): Promise<{ granted: number[]; socket: Socket }> {
  const { socket, packets } = await rawClient(t, broker, username, more);
  const perPacket = 2_000;
  for (let i = 0; i < count; i += perPacket) {
    const filters = Array.from({ length: Math.min(perPacket, count - i) }, (_, j) => i + j);
    const subscriptions = filters.map((n) => ({ topic: `siteglass/${n}/up`, qos: 0 as const }));
    socket.write(generate({ cmd: 'subscribe', messageId: 1 + i / perPacket, subscriptions }));
  }
  await eventually(() => packets.length === 1 + Math.ceil(count / perPacket));
  const granted = packets.flatMap((packet) =>
    packet.cmd === 'suback' ? (packet.granted as number[]) : [],
  );
  return { granted, socket };
}

test('200,000 subscriptions: 5,000 are granted to a client, and the others are refused', async (t) => {
  const { broker, url } = await startBroker(t, { accounts });
  const { granted, socket } = await subscribeMany(t, broker, 'dashboard', 200_000);
  t.is(granted.filter((code) => code < 128).length, 5_000);
  t.is(granted.filter((code) => code === 128).length, 195_000);
  const relay = await client(t, url, 'relay');
  t.is((await relay.subscribeAsync('siteglass/+/up', { qos: 1 }))[0]?.qos, 1);
  socket.destroy();
});

test('subscriptions are bounded by address and in all, and those of a client that left are free again', async (t) => {
  const limits = {
    maxSubscriptionsPerClient: 100,
    maxSubscriptionsPerAddress: 150,
    maxSubscriptions: 180,
  };
  const { broker, url } = await startBroker(t, { accounts, limits });
  const granted = async (id: number) => {
    const { granted: codes, socket } = await subscribeMany(t, broker, 'dashboard', 120, {
      clientId: `reader-${id}`,
    });
    return { count: codes.filter((code) => code < 128).length, socket };
  };
  const first = await granted(1);
  t.is(first.count, 100);
  t.is((await granted(2)).count, 50);
  const reader = await client(t, url, 'dashboard');
  await reader.subscribeAsync(Array.from({ length: 30 }, (_, i) => `a/${i}`));
  await t.throwsAsync(reader.subscribeAsync('a/31'));
  await reader.subscribeAsync('a/1', { qos: 1 });
  await reader.unsubscribeAsync('a/1');
  await reader.subscribeAsync('a/31');
  first.socket.destroy();
  await eventually(async () => broker.connections === 2);
  t.is((await granted(3)).count, 100);
});

test('a filter or a topic beyond 1 KiB, or with NUL, is refused', async (t) => {
  const { broker, url } = await startBroker(t, { accounts });
  const reader = await client(t, url, 'dashboard');
  await t.throwsAsync(reader.subscribeAsync('x'.repeat(1_025)));
  await t.throwsAsync(reader.subscribeAsync('a\0b'));
  await reader.subscribeAsync('x'.repeat(1_024));
  const { socket, packets } = await rawClient(t, broker, 'relay');
  for (const topic of ['x'.repeat(1_025)]) {
    const end = closed(socket);
    socket.write(
      generate({ cmd: 'publish', topic, payload: 'x', qos: 0, retain: false, dup: false }),
    );
    await end;
  }
  t.is(packets.length, 1);
});

test('a client that announces packets and does not finish them loses its place to one that moves', async (t) => {
  const limits = { maxIncomingBytes: 1_500_000 };
  const { lines, log } = logged();
  const { broker, url } = await startBroker(t, { limits }, log);
  const stalled = [];
  for (let i = 0; i < 3; i++) {
    const { socket } = await rawClient(t, broker, 'relay', { clientId: `stalled-${i}` });
    const end = closed(socket);
    // A PUBLISH of 1 MB of which half arrives.
    socket.write(Buffer.concat([Buffer.from([0x30, 0xc0, 0x84, 0x3d]), Buffer.alloc(600_000)]));
    stalled.push(end);
    await sleep(50);
  }
  await stalled[0];
  t.true(lines.some(({ msg }) => msg === 'client disconnected: memory is full'));
  const north = await client(t, url, 'north');
  await north.publishAsync('siteglass/north/up', Buffer.alloc(200_000), { qos: 1 });
  t.true(north.connected);
});

test('a client that reads nothing is disconnected, and the others get what is published', async (t) => {
  const limits = { stallTimeoutMs: 500, maxQueuedBytesPerClient: 3_000_000 };
  const { lines, log } = logged();
  const { broker, url } = await startBroker(t, { limits }, log);
  const { socket } = await rawClient(t, broker, 'relay', { clientId: 'stuck' });
  socket.write(
    generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] }),
  );
  await sleep(100);
  socket.pause();
  const reader = await client(t, url, 'dashboard');
  let heard = 0;
  reader.on('message', () => heard++);
  await reader.subscribeAsync('siteglass/#');
  const site = await client(t, url, 'north');
  for (let i = 1; i <= 30; i++) {
    site.publish('siteglass/north/cam/snapshot', Buffer.alloc(500_000), { qos: 0 });
    // All at once would be more than a client may have queued, also one that reads.
    await eventually(() => heard === i);
  }
  await eventually(() => lines.some(({ msg }) => /reads (nothing|too slowly)/.test(msg)));
  await eventually(() => broker.connections === 2);
  t.true(reader.connected && site.connected);
});

test('one client without an account cannot use up what a broker retains', async (t) => {
  const limits = { maxRetained: 10, maxRetainedPerAddress: 6 };
  const { url } = await startBroker(t, { limits });
  const flood = await client(t, url, 'relay', { localAddress: ATTACKER });
  for (let i = 0; i < 10; i++) await flood.publishAsync(`any/${i}`, 'x', { qos: 1, retain: true });
  const site = await client(t, url, 'north');
  await site.publishAsync('siteglass/north/availability', 'online', { qos: 1, retain: true });
  const reader = await client(t, url, 'dashboard');
  const topics: string[] = [];
  reader.on('message', (topic) => topics.push(topic));
  await reader.subscribeAsync('#');
  await eventually(() => topics.includes('siteglass/north/availability'));
  t.is(topics.length, 7);
});

test('a flood of wrong passwords for a site does not keep it out when it comes from another address', async (t) => {
  const { lines, log } = logged();
  const { broker, url } = await startBroker(t, { accounts }, log);
  let isOver = false;
  let attempts = 0;
  const flood = async () => {
    while (!isOver) {
      const socket = socketFrom(t, broker);
      const end = closed(socket);
      socket.write(
        connectPacket('north', { password: Buffer.from('guess'), clientId: 'siteglass-north' }),
      );
      attempts++;
      await end;
    }
  };
  const floods = Array.from({ length: 50 }, flood);
  await eventually(() => attempts > 200);
  let tries = 0;
  for (let i = 0; i < 10; i++) {
    const startedAt = performance.now();
    tries++;
    const north = await client(t, url, 'north');
    t.true(north.connected);
    t.true(performance.now() - startedAt < 2_000);
    north.end(true);
  }
  isOver = true;
  await Promise.all(floods);
  t.is(tries, 10, 'each at its first try');
  const refusals = lines.filter(({ msg }) => msg.startsWith('client refused'));
  t.true(refusals.some(({ msg }) => msg.endsWith('too many failed logins from its address')));
  t.true(refusals.length <= 4, 'logged once a minute for each reason and address');
});
