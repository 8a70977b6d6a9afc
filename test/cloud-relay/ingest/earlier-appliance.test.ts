import type { ExecutionContext } from 'ava';
import test from 'ava';
import { connect } from 'mqtt';
import { SiteRegistry } from '../../../cloud-relay/fleet/site-registry.js';
import { Ingest } from '../../../cloud-relay/ingest/ingest.js';
import { startBroker } from '../../support/broker.js';
import {
  aDetection,
  anArrival,
  EPOCH,
  log,
  ROOT,
  relayDatabase,
} from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { startFleet } from '../../support/fleet.js';
import { connectedBus } from '../../support/message-bus.js';

/** A relay, and a client that publishes and reads texts as they are. */
async function relayWithClient(t: ExecutionContext) {
  const { url } = await startBroker(t);
  const db = await relayDatabase(t);
  const registry = new SiteRegistry(db, { admitUnknown: true }, log);
  const ingest = new Ingest(await connectedBus(t, url), db, registry, log);
  await ingest.start();
  const client = connect(url);
  t.teardown(() => client.endAsync(true));
  const acks: { seq: number; refused?: { seq: number; reason: string; again?: true }[] }[] = [];
  client.on('message', (_, payload) => acks.push(JSON.parse(payload.toString())));
  await client.subscribeAsync(`${ROOT}/north/ack`, { qos: 1 });
  const publish = (text: string, site = 'north') =>
    client.publishAsync(`${ROOT}/${site}/up`, text, { qos: 1 });
  return { db, ingest, registry, acks, publish };
}

const textOf = (seq: number, more: object = {}) =>
  JSON.stringify({ ...anArrival(seq).record, ...more });

test('records of an appliance that adds no checksum are stored and acknowledged', async (t) => {
  const { acks, publish, ingest } = await relayWithClient(t);
  for (const seq of [1, 2, 3]) await publish(textOf(seq));
  await eventually(() => acks.at(-1)?.seq === 3);
  t.like(ingest.status(), { committed: 3, damaged: 0, rejected: 0 });
});

test('a record without a checksum that nobody accepts is refused by name', async (t) => {
  const { acks, publish, ingest } = await relayWithClient(t);
  await publish(textOf(1));
  const detections = Array.from({ length: 65 }, (_, i) => aDetection(`label ${i}`));
  await publish(textOf(2, { summary: { ...anArrival(2).record.summary, detections } }));
  await eventually(() => acks.some(({ refused }) => refused));
  const refused = acks.flatMap((ack) => ack.refused ?? []);
  t.like(refused[0], { seq: 2 });
  t.regex(refused[0]?.reason ?? '', /at most 64 different labels/);
  t.is(ingest.status().rejected, 1);
});

test('a damaged record is not stored, admits no site, and is refused only if it always comes the same', async (t) => {
  const { acks, publish, ingest, registry } = await relayWithClient(t);
  await publish(textOf(1));
  await eventually(() => acks.length > 0);
  const damaged = textOf(2, { check: '00000000' });
  await publish(damaged, 'norti');
  for (let i = 0; i < 4; i++) await publish(damaged);
  await eventually(() => ingest.status().damaged === 5);
  await eventually(() => acks.some(({ refused }) => refused?.[0]?.again));
  t.false(registry.has('norti'));
  t.is(ingest.status().rejected, 0);
  await publish(damaged);
  await eventually(() => ingest.status().rejected === 1);
  await eventually(() => acks.some(({ refused }) => refused?.[0]?.seq === 2 && !refused[0].again));
  t.is(ingest.status().committed, 1);
});

test('a site of which the relay has nothing is told so when it connects', async (t) => {
  const { bus, db, registry, appliances } = await startFleet(t);
  await new Ingest(bus, db, registry, log).start();
  const epochs: string[] = [];
  appliances.subscribe('ack', { site: 'north' }, ({ payload }) => {
    epochs.push(payload.epoch);
  });
  await appliances.publish('siteAvailability', { site: 'north' }, 'online');
  await eventually(() => epochs.length > 0);
  t.deepEqual(epochs, ['00000000-0000-0000-0000-000000000000']);
  await appliances.publish('up', { site: 'north' }, anArrival(1).record);
  await eventually(() => epochs.at(-1) === EPOCH);
});
