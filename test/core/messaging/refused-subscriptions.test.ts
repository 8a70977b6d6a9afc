import { randomUUID } from 'node:crypto';
import test from 'ava';
import { pino } from 'pino';
import type { Account } from '../../../core/messaging/access-rules.js';
import { MqttMessageBus } from '../../../core/messaging/mqtt-message-bus.js';
import { OwnMessages } from '../../../core/messaging/own-messages.js';
import { RefusedFilters } from '../../../core/messaging/refused-filters.js';
import { fakeBroker } from '../../fakes/fake-broker.js';
import { startBroker } from '../../support/broker.js';
import { log, ROOT } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { connectedBus, createBus } from '../../support/message-bus.js';

const site = 'north';
const epoch = randomUUID();

test('a broker that refuses one subscription keeps the connection, and the others work', async (t) => {
  const verify = async (username: string): Promise<Account> =>
    username === site ? { role: 'site', site } : { role: 'relay' };
  const { url } = await startBroker(t, { accounts: { verify } });
  const account = { clientId: 'siteglass-north', username: site, password: 'x' };
  const bus = createBus(t, url, account);
  const heard: number[] = [];
  bus.subscribe('ack', { site: 'south' }, () => undefined);
  bus.subscribe('ack', { site }, ({ payload }) => {
    heard.push(payload.seq);
  });
  await bus.start();
  await eventually(() => bus.connected);
  const relay = await connectedBus(t, url, { username: 'relay', password: 'x' });
  await relay.publish('ack', { site }, { epoch, seq: 3 });
  await eventually(() => heard.includes(3));
  const { reconnects, problems } = bus.status();
  t.is(reconnects, 0);
  t.deepEqual(problems, ['the broker refuses subscriptions to siteglass/south/ack']);
});

test('what is refused is named, logged once, and accepted when the broker allows it later', async (t) => {
  const refusing = { refuses: (filter: string) => ends(filter, 'command') };
  const broker = await fakeBroker(t, refusing);
  const lines: { msg: string; filter?: string }[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const bus = new MqttMessageBus(
    { url: broker.url, root: ROOT, clientId: 'x', backoff: { minMs: 20, maxMs: 100 } },
    logger,
  );
  t.teardown(() => bus.stop());
  bus.subscribe('command', { site }, () => undefined);
  bus.subscribe('ack', { site }, () => undefined);
  await bus.start();
  await eventually(() => bus.connected);
  t.deepEqual(broker.subscriptions, ['siteglass/north/ack']);
  const problem = 'the broker refuses subscriptions to siteglass/north/+/command';
  t.deepEqual(bus.status().problems, [problem]);
  t.is(bus.status().lastError, problem);
  broker.reset();
  await eventually(() => bus.connected && bus.status().reconnects === 1);
  const warnings = lines.filter(({ msg }) => msg.startsWith('subscription refused'));
  t.deepEqual(
    warnings.map(({ filter }) => filter),
    ['siteglass/north/+/command'],
  );
  broker.faults = {};
  broker.reset();
  await eventually(() => bus.connected && bus.status().reconnects === 2);
  t.deepEqual(bus.status().problems, []);
});

test('a refused subscription is tried again on the same connection', async (t) => {
  let isAllowed = false;
  const refused = new RefusedFilters(log, 50);
  const connection = {
    subscribe: async (filters: Record<string, { qos: 0 | 1 }>) =>
      Object.keys(filters).flatMap((filter) =>
        filter === 'a/command' && !isAllowed ? [{ filter, code: 0x80 }] : [],
      ),
  };
  await refused.subscribe(connection, { 'a/command': { qos: 1 }, 'a/ack': { qos: 1 } });
  await refused.subscribe(connection, { 'a/health': { qos: 1 } });
  t.deepEqual(refused.list(), ['a/command']);
  isAllowed = true;
  await eventually(() => refused.list().length === 0);
  t.pass();
});

test('a broker that ends the connection at a subscription is left without it, and gets the others', async (t) => {
  const broker = await fakeBroker(t, {
    refuses: (filter) => (ends(filter, 'command') ? 'cut' : undefined),
  });
  const bus = createBus(t, broker.url);
  for (const topic of ['command', 'ack', 'siteAvailability'] as const)
    bus.subscribe(topic, { site }, () => undefined);
  await bus.start();
  await eventually(() => bus.connected);
  t.true(broker.cuts <= 5, `${broker.cuts} cuts`);
  t.deepEqual(
    new Set(broker.subscriptions),
    new Set(['siteglass/north/ack', 'siteglass/north/availability']),
  );
  t.deepEqual(bus.status().problems, [
    'the broker refuses subscriptions to siteglass/north/+/command',
  ]);
});

test('a subscription that was left out because connections ended behind it comes back on the same connection', async (t) => {
  const refused = new RefusedFilters(log, 50);
  const filters = { 'a/ack': { qos: 1 } } as const;
  const dying = { subscribe: () => new Promise<never>(() => undefined) };
  for (let i = 0; i < 3; i++) {
    void refused.subscribe(dying, filters);
    t.is(refused.ended('cut'), 'the broker ended the connection after a subscription to a/ack');
  }
  t.deepEqual(refused.list(), ['a/ack']);
  const asked: string[] = [];
  const healthy = {
    subscribe: async (wanted: object) => {
      asked.push(...Object.keys(wanted));
      return [];
    },
  };
  await refused.subscribe(healthy, filters);
  t.deepEqual(asked, []);
  await eventually(() => refused.list().length === 0);
  t.deepEqual(asked, ['a/ack']);
});

test('an appliance whose own topics it may not read works as before', async (t) => {
  const broker = await fakeBroker(t, {
    refuses: (filter) => (ends(filter, 'ack') ? undefined : 'refuse'),
  });
  const bus = createBus(t, broker.url, { watch: { site, own: new OwnMessages() } });
  bus.subscribe('ack', { site }, () => undefined);
  await bus.start();
  await eventually(() => bus.connected);
  t.deepEqual(broker.subscriptions, ['siteglass/north/ack']);
  t.deepEqual(bus.status().problems, []);
});

const ends = (filter: string, end: string) => (filter.endsWith(end) ? 'refuse' : undefined);
