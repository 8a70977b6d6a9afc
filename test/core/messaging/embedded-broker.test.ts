import { connect as connectSocket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { connectAsync, type MqttClient } from 'mqtt';
import { pino } from 'pino';
import type { Account } from '../../../core/messaging/access-rules.js';
import { startBroker } from '../../support/broker.js';
import { eventually } from '../../support/eventually.js';
import { connectedBus, startBus } from '../../support/message-bus.js';

const known: Record<string, { password: string; account: Account }> = {
  north: { password: 'n', account: { role: 'site', site: 'north' } },
  south: { password: 's', account: { role: 'site', site: 'south' } },
  relay: { password: 'r', account: { role: 'relay' } },
  dashboard: { password: 'd', account: { role: 'reader' } },
};

const accounts = {
  verify: async (username: string, password: string) => {
    const entry = known[username];
    return entry?.password === password ? entry.account : undefined;
  },
};

async function client(
  t: ExecutionContext,
  url: string,
  username: string,
  clientId = `x-${username}`,
) {
  const connected = await connectAsync(url, {
    username,
    password: known[username]?.password ?? '',
    clientId,
    reconnectPeriod: 0,
  });
  connected.on('error', () => undefined);
  t.teardown(() => connected.end(true));
  return connected;
}

function received(of: MqttClient): string[] {
  const messages: string[] = [];
  of.on('message', (topic, payload) => messages.push(`${topic} ${payload}`));
  return messages;
}

test('a site reaches the relay, and the relay reaches the site', async (t) => {
  const { url } = await startBroker(t, { accounts });
  const relay = await client(t, url, 'relay');
  const north = await client(t, url, 'north', 'siteglass-north');
  const atRelay = received(relay);
  const atNorth = received(north);
  await relay.subscribeAsync('siteglass/+/up', { qos: 1 });
  await north.subscribeAsync('siteglass/north/ack', { qos: 1 });
  await north.publishAsync('siteglass/north/up', 'record', { qos: 1 });
  await relay.publishAsync('siteglass/north/ack', '7', { qos: 1, retain: true });
  await eventually(() => atRelay.length === 1 && atNorth.length === 1);
  t.deepEqual(atRelay, ['siteglass/north/up record']);
  t.deepEqual(atNorth, ['siteglass/north/ack 7']);
});

test('a site that publishes for another one is disconnected, and nobody receives it', async (t) => {
  const { url } = await startBroker(t, { accounts });
  const relay = await client(t, url, 'relay');
  const heard = received(relay);
  await relay.subscribeAsync('siteglass/#', { qos: 1 });
  for (const topic of ['siteglass/south/up', 'siteglass/north/ack']) {
    const north = await client(t, url, 'north', 'siteglass-north');
    const closed = new Promise<void>((resolve) => north.once('close', () => resolve()));
    north.publish(topic, 'forged', { qos: 1 });
    await closed;
  }
  const north = await client(t, url, 'north', 'siteglass-north');
  await north.publishAsync('siteglass/north/up', 'own', { qos: 1 });
  await eventually(() => heard.length > 0);
  t.deepEqual(heard, ['siteglass/north/up own']);
});

test('a site may not subscribe to another one', async (t) => {
  const { url } = await startBroker(t, { accounts });
  const north = await client(t, url, 'north', 'siteglass-north');
  for (const filter of ['siteglass/south/ack', 'siteglass/#', '#'])
    await t.throwsAsync(north.subscribeAsync(filter, { qos: 1 }), undefined, filter);
});

test("wrong credentials, missing credentials, and another client's id are refused", async (t) => {
  const { url } = await startBroker(t, { accounts });
  const attempt = (username: string, password: string, clientId: string) =>
    connectAsync(url, { username, password, clientId, reconnectPeriod: 0 }, false);
  await t.throwsAsync(attempt('north', 'guess', 'siteglass-north'), { message: /refused/ });
  await t.throwsAsync(attempt('nobody', '', 'a'), { message: /refused/ });
  await t.throwsAsync(attempt('south', 's', 'siteglass-north'), { message: /refused/ });
});

test('the will of a site that loses its connection reaches the subscribers', async (t) => {
  const { url, broker } = await startBroker(t, { accounts });
  const dashboard = await client(t, url, 'dashboard');
  const heard = received(dashboard);
  await dashboard.subscribeAsync('siteglass/#', { qos: 1 });
  const north = await connectAsync(url, {
    username: 'north',
    password: 'n',
    clientId: 'siteglass-north',
    reconnectPeriod: 0,
    will: {
      topic: 'siteglass/north/availability',
      payload: Buffer.from('offline'),
      qos: 1,
      retain: true,
    },
  });
  north.on('error', () => undefined);
  broker.disconnectSite('north');
  await eventually(() => heard.length > 0);
  t.deepEqual(heard, ['siteglass/north/availability offline']);
  north.end(true);
});

test('a packet that announces more than the limit ends the connection before it is buffered', async (t) => {
  const { url } = await startBroker(t, { limits: { maxPacketBytes: 10_000 } });
  const big = await client(t, url, 'north');
  const closed = new Promise<true>((resolve) => big.once('close', () => resolve(true)));
  big.publish('siteglass/north/up', Buffer.alloc(20_000), { qos: 1 });
  t.true(await closed);
});

test('the number of connections is bounded', async (t) => {
  const { url, broker } = await startBroker(t, { limits: { maxConnections: 2 } });
  await client(t, url, 'north');
  await client(t, url, 'south');
  await t.throwsAsync(connectAsync(url, { reconnectPeriod: 0, connectTimeout: 2_000 }, false));
  t.is(broker.connections, 2);
});

/** What a newcomer is told of. The broker hands out what it retains in the order in which it came, so a mark ends it. */
async function retainedAt(t: ExecutionContext, url: string): Promise<string[]> {
  const mark = `siteglass/mark/${Math.random()}`;
  const relay = await client(t, url, 'relay', `relay-${Math.random()}`);
  await relay.subscribeAsync(mark, { qos: 1 });
  const isStored = new Promise((resolve) => relay.once('message', resolve));
  await relay.publishAsync(mark, 'x', asRetained);
  await isStored;
  const reader = await client(t, url, 'dashboard', `reader-${Math.random()}`);
  const topics: string[] = [];
  const isOver = new Promise<void>((resolve) =>
    reader.on('message', (topic) => {
      if (topic === mark) resolve();
      else topics.push(topic);
    }),
  );
  await reader.subscribeAsync('siteglass/#', { qos: 1 });
  await isOver;
  await relay.publishAsync(mark, '', asRetained);
  return topics.sort();
}

const state = (site: string, camera: string) => `siteglass/${site}/${camera}/state`;
const asRetained = { qos: 1, retain: true } as const;

test('a site that retains too much keeps its connection, and takes nothing from another one', async (t) => {
  const limits = { maxRetained: 4, maxRetainedPerSite: 2 };
  const { url } = await startBroker(t, { accounts, limits });
  const relay = await client(t, url, 'relay');
  const heard = received(relay);
  await relay.subscribeAsync('siteglass/#', { qos: 1 });
  const north = await client(t, url, 'north', 'siteglass-north');
  const south = await client(t, url, 'south', 'siteglass-south');
  for (const camera of ['a', 'b', 'a', 'c'])
    await north.publishAsync(state('north', camera), 'x', asRetained);
  await south.publishAsync(state('south', 'a'), 'x', asRetained);
  await eventually(() => heard.length === 5);
  t.true(heard.includes(`${state('north', 'c')} x`), 'delivered, though not retained');
  t.deepEqual(await retainedAt(t, url), [
    state('north', 'a'),
    state('north', 'b'),
    state('south', 'a'),
  ]);
  await north.publishAsync(state('north', 'a'), '', asRetained);
  await north.publishAsync(state('north', 'c'), 'x', asRetained);
  t.true(north.connected);
  t.deepEqual(await retainedAt(t, url), [
    state('north', 'b'),
    state('north', 'c'),
    state('south', 'a'),
  ]);
});

test('the bytes that a site retains are bounded; a topic that no longer fits does not keep its old message', async (t) => {
  const limits = { maxRetainedBytesPerSite: 10_000, maxRetainedBytes: 15_000 };
  const { url } = await startBroker(t, { accounts, limits });
  const north = await client(t, url, 'north', 'siteglass-north');
  const south = await client(t, url, 'south', 'siteglass-south');
  await north.publishAsync(state('north', 'a'), Buffer.alloc(4_000), asRetained);
  await north.publishAsync(state('north', 'b'), Buffer.alloc(4_000), asRetained);
  await north.publishAsync(state('north', 'c'), Buffer.alloc(4_000), asRetained);
  await south.publishAsync(state('south', 'a'), Buffer.alloc(4_000), asRetained);
  await south.publishAsync(state('south', 'b'), Buffer.alloc(4_000), asRetained);
  t.deepEqual(
    await retainedAt(t, url),
    [state('north', 'a'), state('north', 'b'), state('south', 'a')],
    'bounded for a site, and in all',
  );
  await north.publishAsync(state('north', 'b'), Buffer.alloc(9_000), asRetained);
  t.deepEqual(await retainedAt(t, url), [state('north', 'a'), state('south', 'a')]);
});

test('the retained messages of a removed site are cleared, including its acknowledgement and its will', async (t) => {
  const { url, broker } = await startBroker(t, { accounts });
  const relay = await client(t, url, 'relay');
  const north = await connectAsync(url, {
    username: 'north',
    password: 'n',
    clientId: 'siteglass-north',
    reconnectPeriod: 0,
    will: { topic: 'siteglass/north/availability', payload: Buffer.from('offline'), ...asRetained },
  });
  north.on('error', () => undefined);
  const south = await client(t, url, 'south', 'siteglass-south');
  await north.publishAsync('siteglass/north/availability', 'online', asRetained);
  await north.publishAsync('homeassistant/device/siteglass-north/config', '{}', asRetained);
  await relay.publishAsync('siteglass/north/ack', '7', asRetained);
  await south.publishAsync('siteglass/south/availability', 'online', asRetained);
  t.is((await retainedAt(t, url)).length, 3);
  const closed = new Promise<void>((resolve) => north.once('close', () => resolve()));
  broker.forgetSite('north');
  await closed;
  t.deepEqual(await retainedAt(t, url), ['siteglass/south/availability']);
});

test('a connection that sends nothing is closed', async (t) => {
  const { broker } = await startBroker(t, { limits: { connectTimeoutMs: 100 } });
  const socket = connectSocket(broker.address.port, '127.0.0.1');
  const closed = new Promise<true>((resolve) => socket.once('close', () => resolve(true)));
  t.true(await closed);
});

test('a port in use is reported in one line', async (t) => {
  const { broker } = await startBroker(t);
  const { port } = broker.address;
  await t.throwsAsync(startBroker(t, { port }), {
    name: 'StartError',
    message: new RegExp(`^the MQTT broker cannot listen on 127.0.0.1:${port}: .*EADDRINUSE.*$`),
  });
});

test('two appliances with one site id are noticed by the broker and by both', async (t) => {
  const lines: { msg: string; client: string }[] = [];
  const { broker } = await startBroker(
    t,
    { accounts },
    pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
  );
  const twin = { username: 'north', password: 'n', clientId: 'siteglass-north' };
  const buses = [await startBus(t, broker.url, twin), await startBus(t, broker.url, twin)];
  const suspicion = /another client may use the same site id \(siteglass-north\)/;
  await eventually(() => buses.every((bus) => suspicion.test(bus.status().lastError ?? '')));
  t.deepEqual(
    lines.map(({ msg, client }) => ({ msg, client })),
    [
      {
        msg: 'client id taken over by a second connection; two appliances may share a site id',
        client: 'siteglass-north',
      },
    ],
    'once a minute',
  );
});

test('a broker that goes away is not mistaken for a second appliance', async (t) => {
  const { url, broker } = await startBroker(t, { accounts });
  const bus = await connectedBus(t, url, {
    username: 'north',
    password: 'n',
    clientId: 'siteglass-north',
  });
  await broker.stop();
  await eventually(() => /ECONNREFUSED/.test(bus.status().lastError ?? ''));
  t.false(bus.connected);
});

const LOGGED: Record<string, [username: string, clientId: string]> = {
  'NUL in a user name': ['north\0', 'siteglass-north'],
  'NUL in a client id': ['dashboard', 'board\0'],
  'a line end in a client id': ['dashboard', 'board\n{"level":60}'],
  'an escape in a user name': ['dash\x1b[2J', 'board'],
};

for (const [name, [username, clientId]] of Object.entries(LOGGED))
  for (const withAccounts of [true, false])
    test(`a client with ${name} is refused (${withAccounts ? 'accounts' : 'no accounts'})`, async (t) => {
      const asked: string[] = [];
      const verify = async (asking: string, password: string) => {
        asked.push(asking);
        return accounts.verify(asking, password);
      };
      const { url } = await startBroker(t, { accounts: withAccounts ? { verify } : 'none' });
      const options = { username, password: 'd', clientId, reconnectPeriod: 0 };
      await t.throwsAsync(connectAsync(url, options), { message: /Bad username or password/ });
      t.deepEqual(asked, []);
    });

test('a topic with a control character is neither published nor subscribed to', async (t) => {
  const { url } = await startBroker(t, { accounts: 'none' });
  const reader = await client(t, url, 'relay', 'reader');
  const messages = received(reader);
  await reader.subscribeAsync('#');
  for (const topic of ['a\0b', 'a\nb', 'a\x7fb']) {
    const writer = await client(t, url, 'relay', 'writer');
    await t.throwsAsync(writer.subscribeAsync(topic));
    await writer.publishAsync(topic, 'x', { qos: 0 }).catch(() => undefined);
    await writer.endAsync(true);
  }
  const writer = await client(t, url, 'relay', 'writer');
  await writer.publishAsync('a/b', 'x', { qos: 1 });
  await eventually(() => messages.length > 0);
  t.deepEqual(messages, ['a/b x']);
});
