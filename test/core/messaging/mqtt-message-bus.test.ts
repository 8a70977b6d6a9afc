import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import type { MessageBus } from '../../../core/messaging/message-bus.js';
import { startBroker } from '../../support/broker.js';
import { aSummary } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';
import { connectedBus, startBus } from '../../support/message-bus.js';
import { startMosquitto } from '../../support/mosquitto.js';

const epoch = randomUUID();
const ack = (seq: number) => ({ epoch, seq });

function acksAt(bus: MessageBus): number[] {
  const seqs: number[] = [];
  bus.subscribe('ack', {}, ({ payload }) => {
    seqs.push(payload.seq);
  });
  return seqs;
}

test('what one end publishes, the other receives as its topic describes it', async (t) => {
  const { url } = await startBroker(t);
  const [sender, receiver] = await Promise.all([connectedBus(t, url), connectedBus(t, url)]);
  const record = { v: 1 as const, epoch, seq: 3, first: 1, summary: aSummary() };
  const heard: unknown[] = [];
  receiver.subscribe('up', { site: 'north' }, (message) => {
    heard.push(message);
  });
  await sender.publish('up', { site: 'south' }, record);
  await eventually(async () => {
    await sender.publish('up', { site: 'north' }, record);
    return heard.length > 0;
  });
  t.like(heard[0], { names: { site: 'north' }, payload: record, retained: false });
});

test('a retained message is distinguished from a new one', async (t) => {
  const { url } = await startBroker(t);
  const sender = await connectedBus(t, url);
  await sender.publish('siteAvailability', { site: 'north' }, 'online');
  const late = await startBus(t, url);
  const heard: [string, boolean][] = [];
  late.subscribe('siteAvailability', {}, ({ payload, retained }) => {
    heard.push([payload, retained]);
  });
  await eventually(() => heard.length === 1);
  await sender.publish('siteAvailability', { site: 'north' }, 'stopped');
  await eventually(() => heard.length === 2);
  t.deepEqual(heard, [
    ['online', true],
    ['stopped', false],
  ]);
});

test('without a connection a publication is refused at once, not queued', async (t) => {
  const bus = await startBus(t, `mqtt://127.0.0.1:${await freePort()}`);
  const refused = { name: 'MessagingError', code: 'not_connected' };
  await t.throwsAsync(bus.publish('ack', { site: 'north' }, ack(1)), refused);
  await t.throwsAsync(bus.publish('siteAvailability', { site: 'north' }, 'online'), refused);
  await eventually(() => bus.status().lastError !== undefined);
  t.regex(bus.status().lastError ?? '', /ECONNREFUSED/);
});

async function survivesRestart(
  t: ExecutionContext,
  port: number,
  start: () => Promise<() => Promise<void>>,
) {
  const bus = await startBus(t, `mqtt://127.0.0.1:${port}`);
  const heard = acksAt(bus);
  let disconnects = 0;
  bus.onDisconnect(() => {
    disconnects++;
  });
  let stop = await start();
  await eventually(() => bus.connected);
  await bus.publish('ack', { site: 'north' }, ack(1));
  await stop();
  await eventually(() => !bus.connected);
  await t.throwsAsync(bus.publish('ack', { site: 'north' }, ack(2)), { name: 'MessagingError' });
  stop = await start();
  await eventually(() => bus.connected);
  await bus.publish('ack', { site: 'north' }, ack(3));
  await eventually(() => heard.includes(3));
  t.deepEqual(
    heard.filter((seq) => seq !== 1),
    [3],
  );
  t.is(disconnects, 1);
  t.is(bus.status().reconnects, 1);
  await bus.stop();
  await stop();
}

test('the bus survives a restart of the embedded broker, with its subscriptions', async (t) => {
  const port = await freePort();
  await survivesRestart(t, port, async () => {
    const { broker } = await startBroker(t, { port });
    return () => broker.stop();
  });
});

test('the bus survives a restart of Mosquitto, with its subscriptions', async (t) => {
  const port = await freePort();
  await survivesRestart(t, port, async () => {
    const mosquitto = await startMosquitto(t, port);
    return () => killed(mosquitto.process);
  });
});

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

test('a message that does not match its topic is counted and discarded', async (t) => {
  const { url } = await startBroker(t);
  const bus = await connectedBus(t, url);
  const stranger = await connectAsync(url);
  t.teardown(() => stranger.end(true));
  const heard = acksAt(bus);
  for (const [topic, payload] of [
    ['siteglass/north/ack', 'not json'],
    ['siteglass/north/ack', '{"epoch":"x","seq":-1}'],
    ['siteglass/NORTH/ack', JSON.stringify(ack(1))],
    ['siteglass/north/ack', JSON.stringify({ ...ack(1), padding: 'x'.repeat(300_000) })],
  ] as const)
    await stranger.publishAsync(topic, payload, { qos: 1 });
  await bus.publish('ack', { site: 'north' }, ack(9));
  await eventually(() => heard.length > 0);
  t.deepEqual(heard, [9]);
  t.is(bus.status().invalid, 4);
  t.is(bus.status().reconnects, 0);
});

test('a subscription made at any moment of connecting is active once connected', async (t) => {
  const { url } = await startBroker(t);
  const sender = await connectedBus(t, url);
  for (const delayMs of [0, 1, 2, 4, 8, 16]) {
    const bus = await startBus(t, url);
    bus.subscribe('health', {}, () => undefined);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    const heard = acksAt(bus);
    await eventually(() => bus.connected);
    await eventually(
      'the subscription stands',
      async () => {
        await sender.publish('ack', { site: 'north' }, ack(delayMs));
        return heard.includes(delayMs);
      },
      2_000,
    );
    t.true(heard.length > 0);
  }
});

test('a handler that fails or is slow neither loses nor reorders later messages', async (t) => {
  const { url } = await startBroker(t);
  const bus = await connectedBus(t, url);
  const heard: number[] = [];
  bus.subscribe('ack', {}, async ({ payload }) => {
    await new Promise((resolve) => setTimeout(resolve, payload.seq === 1 ? 50 : 0));
    heard.push(payload.seq);
    if (payload.seq === 2) throw new Error('cannot cope');
  });
  for (const seq of [1, 2, 3]) await bus.publish('ack', { site: 'north' }, ack(seq));
  await eventually(() => heard.length === 3);
  t.deepEqual(heard, [1, 2, 3]);
});

test('payloads that are too large, and too many at once, are refused', async (t) => {
  const { url } = await startBroker(t);
  const bus = await connectedBus(t, url, { maxInFlight: 2 });
  const detections = Array.from({ length: 4_000 }, () => ({
    label: 'stop sign',
    detector: 'stop-sign',
    box: { x: 1, y: 1, width: 20, height: 20 },
    confidence: 0.25,
    neighbors: 1,
    score: null,
  }));
  const record = { v: 1 as const, epoch, seq: 1, first: 1, summary: aSummary({ detections }) };
  await t.throwsAsync(bus.publish('up', { site: 'north' }, record), { code: 'payload_too_large' });
  const results = await Promise.allSettled(
    [1, 2, 3].map((seq) => bus.publish('ack', { site: 'north' }, ack(seq))),
  );
  t.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected'],
  );
});

test('an appliance announces itself, reports a clean stop, and its will covers any other end', async (t) => {
  const { url, broker } = await startBroker(t);
  const observer = await connectedBus(t, url);
  const heard: string[] = [];
  observer.subscribe('siteAvailability', { site: 'north' }, ({ payload }) => {
    heard.push(payload);
  });
  const said = (payload: 'online' | 'stopped' | 'offline') =>
    ({ topic: 'siteAvailability', names: { site: 'north' }, payload }) as const;
  const appliance = await connectedBus(t, url, {
    birth: said('online'),
    will: said('offline'),
    farewell: said('stopped'),
  });
  await eventually(() => heard.length === 1);
  await appliance.stop();
  await eventually(() => heard.length === 2);
  t.deepEqual(heard, ['online', 'stopped']);
  t.is(broker.connections, 1);
});

test('refused credentials are retried until they are accepted', async (t) => {
  let accepted = false;
  const { url } = await startBroker(t, {
    accounts: { verify: async () => (accepted ? { role: 'relay' } : undefined) },
  });
  const bus = await startBus(t, url, { username: 'north', password: 'secret' });
  await eventually(() => bus.status().lastError !== undefined);
  t.regex(bus.status().lastError ?? '', /refused/i);
  t.false(bus.connected);
  accepted = true;
  await eventually(() => bus.connected);
  t.true(bus.connected);
});
