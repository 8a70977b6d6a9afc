import { randomUUID } from 'node:crypto';
import test from 'ava';
import { connectAsync } from 'mqtt';
import type { MqttMessageBus } from '../../../core/messaging/mqtt-message-bus.js';
import { eventually } from '../../support/eventually.js';
import { connectedBus } from '../../support/message-bus.js';
import { startMosquitto } from '../../support/mosquitto.js';

const epoch = randomUUID();
const GROUP = 'relays';
const shared = { protocolVersion: 5, receiveMaximum: 100 } as const;

/** Takes its share of the stream; each message is under way until `finish` is called. */
function member(bus: MqttMessageBus, maxPending = 100) {
  const heard: number[] = [];
  const unfinished: (() => void)[] = [];
  let holding = true;
  bus.subscribe(
    'ack',
    {},
    ({ payload }) => {
      heard.push(payload.seq);
      return holding
        ? new Promise<void>((resolve) => {
            unfinished.push(resolve);
          })
        : undefined;
    },
    { shareGroup: GROUP, maxPending },
  );
  return {
    heard,
    finish() {
      holding = false;
      for (const done of unfinished.splice(0)) done();
    },
  };
}

const sendAll = (sender: MqttMessageBus, seqs: number[]) =>
  Promise.all(seqs.map((seq) => sender.publish('ack', { site: 'north' }, { epoch, seq })));
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const sorted = (seqs: Iterable<number>) => [...seqs].sort((a, b) => a - b);

test('members of a group share the stream, and each message goes to one of them', async (t) => {
  const { url } = await startMosquitto(t);
  const [one, two, sender] = await Promise.all([
    connectedBus(t, url, shared),
    connectedBus(t, url, shared),
    connectedBus(t, url),
  ]);
  const members = [member(one), member(two)];
  for (const { finish } of members) finish();
  await eventually(async () => {
    await sendAll(sender, [0]);
    return members.every(({ heard }) => heard.length > 0);
  });
  for (const { heard } of members) heard.length = 0;
  await sendAll(sender, upTo(60));
  await eventually(() => members.reduce((sum, { heard }) => sum + heard.length, 0) >= 60);
  t.deepEqual(sorted(members.flatMap(({ heard }) => heard)), upTo(60));
  t.true(members.every(({ heard }) => heard.length > 0));
});

test('when a member dies, the stream goes to the remaining ones', async (t) => {
  const { url } = await startMosquitto(t);
  const doomed = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 });
  t.teardown(() => doomed.end(true));
  await doomed.subscribeAsync(`$share/${GROUP}/siteglass/+/ack`, { qos: 1 });
  const survivor = await connectedBus(t, url, shared);
  const { heard, finish } = member(survivor);
  finish();
  const sender = await connectedBus(t, url);
  const gone = new Promise((resolve) => doomed.once('close', () => resolve(undefined)));
  doomed.stream.destroy();
  await gone;
  await eventually(async () => {
    heard.length = 0;
    await sendAll(sender, upTo(20));
    return heard.length === 20;
  });
  t.deepEqual(sorted(heard), upTo(20));
});

test('a message is acknowledged to the broker when its handler has finished, and others are read meanwhile', async (t) => {
  const { url } = await startMosquitto(t);
  const bus = await connectedBus(t, url, { ...shared, receiveMaximum: 8 });
  const { heard, finish } = member(bus);
  const sender = await connectedBus(t, url);
  await eventually(async () => {
    await sendAll(sender, [1]);
    return heard.length > 0;
  });
  await sendAll(sender, upTo(50));
  await eventually(() => heard.length === 8);
  await sendAll(sender, upTo(20));
  t.is(heard.length, 8, 'the broker sends no more before something is confirmed');
  finish();
  await eventually(() => heard.length >= 70);
  t.true(bus.connected);
});
