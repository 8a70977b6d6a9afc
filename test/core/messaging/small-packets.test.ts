import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { MqttMessageBus } from '../../../core/messaging/mqtt-message-bus.js';
import { fakeBroker } from '../../fakes/fake-broker.js';
import { eventually } from '../../support/eventually.js';
import { startBus } from '../../support/message-bus.js';
import { startMosquitto } from '../../support/mosquitto.js';

const site = 'north';
const epoch = randomUUID();
const picture = (bytes: number) => new Uint8Array(bytes).fill(7);

/** Sends a picture and an acknowledgement every 30 ms, whatever becomes of them, until the test ends. */
function traffic(t: ExecutionContext, bus: MqttMessageBus, pictureBytes: number | number[]) {
  const sizes = [pictureBytes].flat();
  let sent = 0;
  let confirmed = 0;
  const timer = setInterval(() => {
    const [size = 0] = sizes.splice(0, 1);
    sizes.push(size);
    const camera = sizes.length > 1 ? `camera-${size}` : 'gate';
    bus.publish('snapshot', { site, camera }, picture(size)).catch(() => undefined);
    bus.publish('ack', { site }, { epoch, seq: ++sent }).then(
      () => confirmed++,
      () => undefined,
    );
  }, 30);
  t.teardown(() => clearInterval(timer));
  return {
    /** Resolves when the connection has lasted for so many confirmed acknowledgements. */
    async flows(count: number) {
      await eventually('it is connected', () => bus.connected, 10_000);
      const before = { confirmed, reconnects: bus.status().reconnects };
      await eventually(
        'acknowledgements are confirmed on one connection',
        () => {
          if (bus.status().reconnects !== before.reconnects) {
            before.confirmed = confirmed;
            before.reconnects = bus.status().reconnects;
          }
          return confirmed - before.confirmed >= count;
        },
        20_000,
      );
    },
  };
}

test('a picture above the limit of Mosquitto is left out, named with its size, and the others go on', async (t) => {
  const { url } = await startMosquitto(
    t,
    undefined,
    'allow_anonymous true\nmax_packet_size 60000\n',
  );
  const bus = await startBus(t, url);
  await traffic(t, bus, 96_000).flows(100);
  const { reconnects, problems, lastError } = bus.status();
  t.true(reconnects <= 2, `${reconnects} reconnects`);
  t.regex(
    problems.join(),
    /accepts packets of at most 60000 bytes; not sent: siteglass\/north\/gate\/snapshot \(960\d\d bytes\)/,
  );
  t.is(lastError, problems.join('; '));
  t.is(bus.maxPayloadBytes('snapshot', { site, camera: 'gate' }) < 60_000, true);
  await bus.publish('snapshot', { site, camera: 'gate' }, picture(50_000));
});

test('a broker of MQTT 3.1.1 that names no limit: it is learned within a few lost connections, for all sizes', async (t) => {
  const broker = await fakeBroker(t, { maxPacketBytes: 20_000, onlyVersion4: true });
  const bus = await startBus(t, broker.url);
  await traffic(t, bus, [96_000, 40_000, 25_000, 5_000]).flows(100);
  t.true(broker.cuts <= 8, `${broker.cuts} cuts`);
  const { problems } = bus.status();
  t.regex(problems.join(), /an estimate.*not sent: .*camera-96000\/snapshot \(96\d\d\d bytes\)/);
  t.true(broker.messages.some(({ topic }) => topic === 'siteglass/north/camera-5000/snapshot'));
});

test('a limit that is announced with MQTT 5 is kept from the first message on', async (t) => {
  const broker = await fakeBroker(t, { maxPacketBytes: 20_000, announcedPacketBytes: 20_000 });
  const bus = await startBus(t, broker.url, { protocolVersion: 5 });
  await traffic(t, bus, 40_000).flows(20);
  t.is(broker.cuts, 0);
  t.regex(bus.status().problems.join(), /at most 20000 bytes; not sent: .*snapshot/);
});

test('a limit that the broker has given up is forgotten after the next connection', async (t) => {
  const broker = await fakeBroker(t, { maxPacketBytes: 20_000, announcedPacketBytes: 20_000 });
  const bus = await startBus(t, broker.url, { protocolVersion: 5 });
  await traffic(t, bus, 40_000).flows(5);
  broker.faults = {};
  broker.reset();
  await eventually(() => broker.messages.some(({ topic }) => topic.endsWith('/snapshot')));
  await eventually(() => bus.status().problems.length === 0);
  t.pass();
});

test('a network that loses connections does not make a picture suspicious that went through before', async (t) => {
  const broker = await fakeBroker(t);
  const bus = await startBus(t, broker.url);
  const { flows } = traffic(t, bus, 40_000);
  for (let i = 0; i < 8; i++) {
    await flows(3);
    broker.reset();
  }
  await flows(5);
  t.deepEqual(bus.status().problems, []);
  t.is(bus.maxPayloadBytes('up', { site }), 256 * 1024);
  const before = broker.messages.filter(({ topic }) => topic.endsWith('/snapshot')).length;
  await eventually(
    () => broker.messages.filter(({ topic }) => topic.endsWith('/snapshot')).length > before,
  );
});

test('a broker that ends the connection after messages on one topic gets all others', async (t) => {
  const forbids = (topic: string) => topic.endsWith('/gate/availability');
  const broker = await fakeBroker(t, { forbids, onlyVersion4: true });
  const bus = await startBus(t, broker.url);
  const timer = setInterval(() => {
    for (const camera of ['gate', 'yard'])
      bus.publish('cameraAvailability', { site, camera }, 'online').catch(() => undefined);
  }, 30);
  t.teardown(() => clearInterval(timer));
  await traffic(t, bus, 2_000).flows(100);
  t.true(broker.cuts <= 6, `${broker.cuts} cuts`);
  t.regex(
    bus.status().problems.join(),
    /after messages on siteglass\/north\/gate\/availability; not sent/,
  );
  t.true(broker.messages.some(({ topic }) => topic === 'siteglass/north/yard/availability'));
});

test('a topic that is forbidden for every camera costs a few connections, not some for each camera', async (t) => {
  const forbids = (topic: string) => topic.endsWith('/availability');
  const broker = await fakeBroker(t, { forbids, onlyVersion4: true });
  const bus = await startBus(t, broker.url);
  bus.onConnect(() => {
    for (let i = 0; i < 40; i++)
      bus
        .publish('cameraAvailability', { site, camera: `c-${i}` }, 'online')
        .catch(() => undefined);
  });
  await traffic(t, bus, 2_000).flows(100);
  t.true(broker.cuts <= 5, `${broker.cuts} cuts`);
});
