import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { UplinkRecord } from '../../../core/contract/summary.js';
import type { MqttMessageBus } from '../../../core/messaging/mqtt-message-bus.js';
import { Outbox } from '../../../edge/store/outbox.js';
import { Uplink, type UplinkOptions } from '../../../edge/uplink/uplink.js';
import {
  aSummary,
  connectedBus,
  eventually,
  freePort,
  log,
  openOutboxDatabase,
  startBroker,
  startBus,
  temporaryFolder,
} from '../../support/delivery-fixtures.js';

const site = 'north';

async function openAppliance(
  t: ExecutionContext,
  bus: MqttMessageBus,
  options: Partial<UplinkOptions> = {},
  file?: string,
) {
  const path = file ?? join(await temporaryFolder(t), 'edge.db');
  const { db, sqlite, close } = await openOutboxDatabase(path);
  t.teardown(close);
  const outbox = new Outbox(db);
  const uplink = new Uplink(bus, outbox, { site, settleOn: 'ack', graceMs: 50, ...options }, log);
  await uplink.start();
  t.teardown(() => uplink.stop());
  const produce = async (count: number) => {
    await db.transaction().execute(async (trx) => {
      for (let i = 0; i < count; i++) await outbox.append(trx, aSummary());
    });
    uplink.wake();
  };
  return { path, db, sqlite, close, outbox, uplink, produce };
}

/** Stands in for the relay: keeps what it hears and acknowledges when told to. */
async function listen(t: ExecutionContext, url: string) {
  const bus = await connectedBus(t, url);
  const records: UplinkRecord[] = [];
  bus.subscribe('up', { site }, ({ payload }) => {
    records.push(payload);
  });
  const ack = (seq: number, epoch = records[0]?.epoch ?? '') =>
    bus.publish('ack', { site }, { epoch, seq });
  const seqs = () => records.map(({ seq }) => seq);
  return { bus, records, ack, seqs };
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('records go out in order, no further than the window ahead of the acknowledgement', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const bus = await connectedBus(t, url);
  const { uplink, produce } = await openAppliance(t, bus, { window: 10 });
  await produce(25);
  await eventually(() => relay.records.length === 10);
  t.like(await uplink.status(), { depth: 25, ackedSeq: 0, lastSeq: 25, inFlight: 10 });
  await relay.ack(4);
  await eventually(() => relay.records.length === 14);
  t.is(relay.records.at(-1)?.first, 5);
  await relay.ack(14);
  await eventually(() => relay.records.length === 24);
  await relay.ack(24);
  await eventually(() => relay.records.length === 25);
  await relay.ack(25);
  await eventually(async () => (await uplink.status()).depth === 0);
  t.deepEqual(relay.seqs(), range(1, 25));
  t.like(await uplink.status(), { ackedSeq: 25, lastSeq: 25, inFlight: 0, oldestSeconds: null });
});

test('a PUBACK alone settles nothing while a relay is expected, and everything where none is', async (t) => {
  const { url } = await startBroker(t);
  const expecting = await openAppliance(t, await connectedBus(t, url));
  await expecting.produce(5);
  await eventually(async () => (await expecting.uplink.status()).inFlight === 5);
  const alone = await openAppliance(t, await connectedBus(t, url), {
    settleOn: 'puback',
    window: 3,
  });
  await alone.produce(50);
  await eventually(async () => (await alone.uplink.status()).depth === 0);
  t.is((await expecting.uplink.status()).depth, 5);
});

test('after a reconnect everything above the last acknowledgement goes again', async (t) => {
  const port = await freePort();
  const first = await startBroker(t, { port });
  const bus = await startBus(t, first.url);
  const before = await listen(t, first.url);
  const { produce } = await openAppliance(t, bus);
  await produce(6);
  await eventually(() => before.records.length === 6);
  await before.ack(2);
  await eventually(() => !bus.status().inFlight);
  await first.broker.stop();
  await eventually(() => !bus.connected && !before.bus.connected);
  before.records.length = 0;
  await produce(2);
  await startBroker(t, { port });
  await eventually(() => before.records.some(({ seq }) => seq === 8));
  const again = before.seqs();
  t.deepEqual(again.slice(again.indexOf(8) - 5), range(3, 8));
  t.false(again.includes(2));
});

test('when acknowledgements stay away, the next record goes again until one comes', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const { produce, uplink } = await openAppliance(t, await connectedBus(t, url), { stallMs: 60 });
  await produce(5);
  await eventually(() => relay.records.length >= 7);
  t.deepEqual(relay.seqs().slice(0, 7), [1, 2, 3, 4, 5, 1, 1]);
  await relay.ack(1);
  await eventually(() => relay.seqs().slice(7).includes(3));
  await relay.ack(5);
  await eventually(async () => (await uplink.status()).depth === 0);
  t.is((await uplink.status()).ackedSeq, 5);
});

test('an acknowledgement for another epoch is ignored', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const { produce, uplink } = await openAppliance(t, await connectedBus(t, url));
  await produce(3);
  await eventually(() => relay.records.length === 3);
  await relay.ack(3, '6f0e3c0e-5b9b-4f0e-9a53-0d3bd0a3c001');
  await relay.ack(1);
  await eventually(async () => (await uplink.status()).ackedSeq === 1);
  t.is((await uplink.status()).depth, 2);
});

test('an older copy of the database begins a new epoch instead of losing what it numbers twice', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const bus = await connectedBus(t, url);
  const original = await openAppliance(t, bus);
  await original.produce(2);
  await eventually(() => relay.records.length === 2);
  await relay.ack(1);
  await eventually(async () => (await original.uplink.status()).ackedSeq === 1);
  const copy = join(await temporaryFolder(t), 'copy.db');
  original.sqlite.pragma('wal_checkpoint(TRUNCATE)');
  await copyFile(original.path, copy);
  await original.produce(8);
  await eventually(() => relay.records.length === 10);
  await relay.ack(10);
  await eventually(async () => (await original.uplink.status()).depth === 0);
  await original.uplink.stop();
  await bus.stop();
  const { epoch } = await original.outbox.state();
  relay.records.length = 0;

  const laterBus = await startBus(t, url);
  const restored = await openAppliance(t, laterBus, { graceMs: 2_000 }, copy);
  await restored.produce(3);
  await eventually(() => relay.records.length === 4);
  t.deepEqual(relay.seqs(), [1, 2, 3, 4]);
  t.true(relay.records.every((record) => record.epoch !== epoch));
  await relay.ack(4);
  await eventually(async () => (await restored.uplink.status()).depth === 0);
  t.like(await restored.uplink.status(), { lastSeq: 4, ackedSeq: 4 });
});

test('a new epoch leaves out what was acknowledged a moment before', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const { produce, uplink } = await openAppliance(t, await connectedBus(t, url));
  await produce(5);
  await eventually(() => relay.records.length === 5);
  const [, , , fourth, fifth] = relay.records;
  const epoch = relay.records[0]?.epoch;
  for (const seq of [2, 3, 50]) await relay.ack(seq, epoch);
  await eventually(() => relay.records.length === 7);
  t.deepEqual(
    relay.records.slice(5).map(({ seq, summary }) => [seq, summary.snapshot]),
    [
      [1, fourth?.summary.snapshot],
      [2, fifth?.summary.snapshot],
    ],
  );
  t.not((await uplink.status()).epoch, epoch);
});
