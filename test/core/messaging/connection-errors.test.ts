import test, { type ExecutionContext } from 'ava';
import type { MqttMessageBusOptions } from '../../../core/messaging/mqtt-message-bus-options.js';
import { OwnMessages } from '../../../core/messaging/own-messages.js';
import { Link } from '../../e2e/faults/link.js';
import { fakeBroker } from '../../fakes/fake-broker.js';
import { startBroker } from '../../support/broker.js';
import { eventually } from '../../support/eventually.js';
import { connectedBus, startBus } from '../../support/message-bus.js';
import { startMosquitto } from '../../support/mosquitto.js';

const site = 'north';

/** As the appliance connects. */
const appliance = (): Partial<MqttMessageBusOptions> => ({
  clientId: 'siteglass-north',
  birth: { topic: 'siteAvailability', names: { site }, payload: 'online' },
  will: { topic: 'siteAvailability', names: { site }, payload: 'offline' },
  watch: { site, own: new OwnMessages() },
});

const health = (uptimeSeconds: number) => ({
  version: '1',
  status: 'ok' as const,
  reasons: [],
  uptimeSeconds,
  outbox: { depth: 0, oldestSeconds: null },
  cameras: { online: 0, total: 0 },
  disk: { usedBytes: 0, budgetBytes: 0, freeBytes: 0 },
  detectionsPerMinute: 0,
  lastSyncAt: null,
  load1m: 0,
});

async function linkTo(t: ExecutionContext, url: string) {
  const link = new Link(Number(new URL(url).port));
  await link.open();
  t.teardown(() => link.close());
  return { link, url: `mqtt://127.0.0.1:${link.port}` };
}

/** What stands in `lastError` after the connection was lost so often. */
async function lost(t: ExecutionContext, url: string, times: number, cut: () => void) {
  const bus = await startBus(t, url, appliance());
  bus.onConnect(() => {
    bus.publish('health', { site }, health(performance.now())).catch(() => undefined);
  });
  for (let i = 0; i < times; i++) {
    await eventually(() => bus.connected && bus.status().reconnects === i);
    await bus.publish('health', { site }, health(i));
    cut();
  }
  await eventually(() => bus.connected && bus.status().reconnects === times);
  return bus.status().lastError ?? '';
}

for (const [name, start] of [
  ['the embedded broker', startBroker],
  ['Mosquitto', startMosquitto],
] as const)
  test(`a cut link to ${name} is not blamed on a second appliance`, async (t) => {
    const { link, url } = await linkTo(t, (await start(t)).url);
    const text = await lost(t, url, 4, () => {
      link.cut();
      link.restore();
    });
    t.notRegex(text, /same site id|same client id/);
    t.regex(
      text,
      /no other client uses its topics: the connection was (reset|closed) by the broker or on the way to it/,
    );
  });

test('two appliances with one site id are named, by each of them', async (t) => {
  const { url } = await startMosquitto(t);
  const twins = [await startBus(t, url, appliance()), await startBus(t, url, appliance())];
  for (const [i, twin] of twins.entries())
    twin.onConnect(() => {
      twin.publish('health', { site }, health(i)).catch(() => undefined);
    });
  const names =
    /^the broker closes each connection immediately: another client may use the same site id \(siteglass-north\)$/;
  // While one is connected, the other may have another error for a moment.
  const named = new Set<unknown>();
  await eventually('each of them names the other', () => {
    for (const twin of twins) if (names.test(twin.status().lastError ?? '')) named.add(twin);
    return named.size === twins.length;
  });
  t.pass();
});

test('what a broker of MQTT 5 says at the end is said: a session that was taken over, a packet too large, others', async (t) => {
  const broker = await fakeBroker(t);
  const bus = await startBus(t, broker.url, { clientId: 'relay-1', protocolVersion: 5 });
  for (const [i, [code, text]] of (
    [
      [0x8e, /^another client with .* may use the same client id \(relay-1\)$/],
      [0x95, /^the broker ended the connection: a packet was too large$/],
      [0x8b, /^the broker ended the connection with reason code 139$/],
    ] as const
  ).entries()) {
    await eventually(() => bus.connected && bus.status().reconnects === i);
    broker.disconnect(code);
    await eventually(() => text.test(bus.status().lastError ?? ''));
  }
  t.pass();
});

test('a broker that accepts the connection and then answers nothing is given up, in each phase', async (t) => {
  const options = { ...appliance(), connectTimeoutMs: 300, handshakeMs: 300 };
  for (const [cmd, text] of [
    ['connect', /^the broker did not answer in time$/],
    ['subscribe', /^the broker did not confirm a subscription or the first message in time$/],
    ['publish', /^the broker did not confirm a subscription or the first message in time$/],
  ] as const) {
    const broker = await fakeBroker(t, { ignores: [cmd] });
    const bus = await startBus(t, broker.url, options);
    await eventually(() => text.test(bus.status().lastError ?? ''));
    broker.faults = {};
    await eventually(() => bus.connected);
    t.true(bus.connected, cmd);
  }
});

test('packets that vanish are noticed within one and a half keepalives, also while the appliance sends', async (t) => {
  const { link, url } = await linkTo(t, (await startMosquitto(t)).url);
  const bus = await connectedBus(t, url, { ...appliance(), keepaliveSeconds: 2 });
  const timer = setInterval(() => {
    bus.publish('health', { site }, health(1)).catch(() => undefined);
  }, 100);
  t.teardown(() => clearInterval(timer));
  const began = performance.now();
  link.lose('up', 'down');
  await eventually(() => !bus.connected);
  t.true(performance.now() - began < 5_000);
  t.is(
    await eventually(() => bus.status().lastError),
    'the broker has stopped answering: the connection is dead',
  );
  link.restore();
  await eventually(() => bus.connected);
});

test('a broker that answers but no longer confirms what it receives is given up', async (t) => {
  const broker = await fakeBroker(t);
  const bus = await connectedBus(t, broker.url, { ...appliance(), keepaliveSeconds: 1 });
  broker.faults = { ignores: ['publish'] };
  const publication = bus.publish('cameraAvailability', { site, camera: 'gate' }, 'online');
  await t.throwsAsync(publication, { name: 'MessagingError' });
  await eventually(() => /answers, but no longer confirms/.test(bus.status().lastError ?? ''));
  broker.faults = {};
  await eventually(() => bus.connected);
  await bus.publish('cameraAvailability', { site, camera: 'gate' }, 'online');
  t.pass();
});

test('a large message that is cut off is named, not a second appliance', async (t) => {
  const broker = await fakeBroker(t, { maxPacketBytes: 10_000, onlyVersion4: true });
  const bus = await startBus(t, broker.url, appliance());
  const send = () =>
    bus
      .publish('snapshot', { site, camera: 'gate' }, new Uint8Array(50_000))
      .catch(() => undefined);
  const timer = setInterval(() => void send(), 50);
  t.teardown(() => clearInterval(timer));
  await eventually(() => bus.status().problems.length > 0);
  t.notRegex(bus.status().lastError ?? '', /same site id/);
  t.regex(bus.status().lastError ?? '', /siteglass\/north\/gate\/snapshot \(500\d\d bytes\)/);
});
