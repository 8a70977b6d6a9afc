import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import { OwnMessages } from '../../../core/messaging/own-messages.js';
import { startBroker } from '../../support/broker.js';
import { eventually } from '../../support/eventually.js';
import { connectedBus } from '../../support/message-bus.js';
import { startMosquitto } from '../../support/mosquitto.js';

const site = 'north';
const AVAILABILITY = 'siteglass/north/availability';
const GATE = 'siteglass/north/gate/availability';
const DISCOVERY = 'homeassistant/device/siteglass-north/config';

const said = (payload: 'online' | 'offline' | 'stopped') =>
  ({ topic: 'siteAvailability', names: { site }, payload }) as const;

/** A site at a broker, with what it announces; and another client that sees and may change what is retained. */
async function setUp(t: ExecutionContext, url: string) {
  const bus = await connectedBus(t, url, {
    clientId: 'siteglass-north',
    birth: said('online'),
    will: said('offline'),
    farewell: said('stopped'),
    watch: { site, own: new OwnMessages() },
  });
  await bus.publish('cameraAvailability', { site, camera: 'gate' }, 'online');
  await bus.publish('discovery', { site }, { migrate_discovery: true });
  const other = await connectAsync(url);
  t.teardown(() => other.end(true));
  const retained = new Map<string, string>();
  const changes: string[] = [];
  other.on('message', (topic, payload) => {
    retained.set(topic, payload.toString());
    changes.push(`${topic} ${payload}`);
  });
  await other.subscribeAsync(['siteglass/#', 'homeassistant/#'], { qos: 1 });
  await eventually(() => retained.size === 3);
  const change = async (topic: string, payload: string) => {
    const before = changes.length;
    await other.publishAsync(topic, payload, { qos: 1, retain: true });
    await eventually(() => changes.slice(before).includes(`${topic} ${payload}`));
  };
  const restored = (topic: string, payload: string) =>
    eventually(`${topic} is ${payload}`, () => retained.get(topic) === payload, 5_000);
  return { bus, other, retained, changes, change, restored };
}

for (const [name, start] of [
  ['the embedded broker', startBroker],
  ['Mosquitto', startMosquitto],
] as const)
  test(`what another client changes or clears is published again at ${name}: site, camera, discovery`, async (t) => {
    const { url } = await start(t);
    const { bus, change, restored } = await setUp(t, url);
    const discovery = JSON.stringify({ migrate_discovery: true });
    for (const [topic, foreign, own] of [
      [AVAILABILITY, 'offline', 'online'],
      [GATE, 'offline', 'online'],
      [GATE, '', 'online'],
      [AVAILABILITY, 'neither of them', 'online'],
      [DISCOVERY, '', discovery],
      [DISCOVERY, '{"dev":{}}', discovery],
    ] as const) {
      await change(topic, foreign);
      await restored(topic, own);
    }
    await bus.publish('cameraAvailability', { site, camera: 'gate' }, 'offline');
    await delay(500);
    await restored(GATE, 'offline');
    t.deepEqual(bus.status().problems, [], 'a single change is no conflict');
  });

test('the late will of an earlier connection is corrected, and blamed on nobody', async (t) => {
  const { url } = await startMosquitto(t);
  const earlier = await connectAsync(url, {
    clientId: 'an-earlier-connection',
    reconnectPeriod: 0,
    will: { topic: AVAILABILITY, payload: Buffer.from('offline'), qos: 1, retain: true },
  });
  const { bus, restored, retained, changes } = await setUp(t, url);
  earlier.stream.destroy();
  await eventually(() => changes.includes(`${AVAILABILITY} offline`));
  await restored(AVAILABILITY, 'online');
  t.deepEqual(bus.status().problems, []);
  t.is(retained.get(GATE), 'online');
});

test('two clients that correct each other do so ever more seldom, and it is said', async (t) => {
  const { url } = await startBroker(t);
  const { bus, other, changes } = await setUp(t, url);
  other.on('message', (topic, payload) => {
    if (topic === AVAILABILITY && String(payload) === 'online')
      other.publish(AVAILABILITY, 'offline', { qos: 1, retain: true });
  });
  await other.publishAsync(AVAILABILITY, 'offline', { qos: 1, retain: true });
  await eventually(() => bus.status().problems.length > 0);
  t.deepEqual(bus.status().problems, [`another client publishes on ${AVAILABILITY}`]);
  await delay(3_000);
  const corrections = changes.filter((change) => change === `${AVAILABILITY} online`).length;
  t.true(corrections <= 4, `${corrections} corrections`);
  await bus.stop();
  await eventually(() => changes.at(-1) === `${AVAILABILITY} stopped`);
  await delay(500);
  t.is(changes.at(-1), `${AVAILABILITY} stopped`);
});
