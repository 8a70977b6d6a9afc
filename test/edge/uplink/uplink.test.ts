import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { UplinkRecord } from '../../../core/contract/summary.js';
import type { MqttMessageBus } from '../../../core/messaging/mqtt-message-bus.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { fileIdentity } from '../../../edge/store/file-identity.js';
import { Outbox, type OutboxBudget } from '../../../edge/store/outbox.js';
import { Uplink } from '../../../edge/uplink/uplink.js';
import type { UplinkOptions } from '../../../edge/uplink/uplink-options.js';
import { startBroker } from '../../support/broker.js';
import { appendSummaries, log, openOutboxDatabase } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';
import { connectedBus, startBus } from '../../support/message-bus.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const site = 'north';

async function openAppliance(
  t: ExecutionContext,
  bus: MqttMessageBus,
  options: Partial<UplinkOptions> = {},
  file?: string,
  budget?: OutboxBudget,
) {
  const path = file ?? join(await temporaryFolder(t), 'edge.db');
  const { db, sqlite, close } = await openOutboxDatabase(path);
  t.teardown(close);
  const outbox = new Outbox(db, systemClock, budget);
  const identity = await fileIdentity(path);
  const uplink = new Uplink(
    bus,
    outbox,
    { site, settleOn: 'ack', graceMs: 50, identity, ...options },
    log,
  );
  await uplink.start();
  t.teardown(() => uplink.stop());
  const produce = async (count: number) => {
    const snapshots = await appendSummaries(db, outbox, count);
    uplink.wake();
    return snapshots;
  };
  return { path, db, sqlite, close, outbox, uplink, produce };
}

/** Stands in for the relay: keeps the records it receives, and acknowledges on demand. */
async function listen(t: ExecutionContext, url: string) {
  const bus = await connectedBus(t, url);
  const records: UplinkRecord[] = [];
  bus.subscribe('up', { site }, ({ payload }) => {
    records.push(payload);
  });
  const ack = (seq: number, epoch = records[0]?.epoch ?? '', ahead?: [number, number][]) =>
    bus.publish('ack', { site }, { epoch, seq, ...(ahead && { ahead }) });
  const seqs = () => records.map(({ seq }) => seq);
  return { bus, records, ack, seqs };
}

const snapshotOf = (record: UplinkRecord | undefined) =>
  record && 'summary' in record ? record.summary.snapshot : undefined;

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('a record that is refused while connected goes again, although later ones were acknowledged', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const bus = await connectedBus(t, url, { maxInFlight: 4 });
  const { uplink, outbox, produce } = await openAppliance(t, bus, { window: 10 });
  await produce(6);
  await eventually(() => relay.seqs().length >= 4);
  await produce(2);
  await eventually(() => new Set(relay.seqs()).size === 8);
  t.deepEqual(relay.seqs(), range(1, 8));
  await relay.ack(8);
  await eventually(async () => (await outbox.depth()).depth === 0);
  t.is((await uplink.status()).inFlight, 0);
});

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

test('a PUBACK acknowledges nothing while a relay is expected, and everything if none is', async (t) => {
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

test('while acknowledgements are overdue, the next record goes again until one arrives', async (t) => {
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

test('a restored copy of the database begins a new epoch, and no number means two summaries', async (t) => {
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
  const since = await restored.produce(3);
  await eventually(() => relay.records.length === 3);
  t.deepEqual(relay.records.map(snapshotOf), since);
  t.deepEqual(relay.seqs(), [1, 2, 3]);
  t.true(relay.records.every((record) => record.epoch !== epoch));
  await relay.ack(3);
  await eventually(async () => (await restored.uplink.status()).depth === 0);
  t.like(await restored.uplink.status(), { lastSeq: 3, ackedSeq: 3 });
});

test('a new epoch leaves out what was acknowledged just before', async (t) => {
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
    relay.records.slice(5).map((record) => [record.seq, snapshotOf(record)]),
    [
      [1, snapshotOf(fourth)],
      [2, snapshotOf(fifth)],
    ],
  );
  t.not((await uplink.status()).epoch, epoch);
});

test('records that the relay has above a gap are not sent again', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const { produce, uplink } = await openAppliance(t, await connectedBus(t, url), { stallMs: 500 });
  await produce(6);
  await eventually(() => relay.records.length === 6);
  const epoch = relay.records[0]?.epoch;
  await relay.ack(1, epoch, [
    [3, 4],
    [6, 6],
  ]);
  await eventually(() => relay.records.length > 6);
  await relay.ack(2, epoch, [
    [3, 4],
    [6, 6],
  ]);
  await eventually(() => relay.seqs().slice(6).includes(5));
  await relay.ack(6, epoch);
  await eventually(async () => (await uplink.status()).depth === 0);
  // On a slow machine the first one may go again before its acknowledgement is there.
  t.deepEqual(
    [
      ...new Set(
        relay
          .seqs()
          .slice(6)
          .filter((seq) => seq > 1),
      ),
    ],
    [2, 5],
  );
});

test('above a threshold, new summaries go before the backlog, which follows at its rate limit', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const bus = await connectedBus(t, url);
  const options = { window: 8, backlogThreshold: 20, backlogPerSecond: 200 };
  const { produce, uplink } = await openAppliance(t, bus, { ...options, graceMs: 600 });
  await produce(100);
  await eventually(() => relay.records.length >= 8);
  await produce(3);
  const epoch = relay.records[0]?.epoch;
  const began = performance.now();
  const acknowledging = setInterval(() => {
    const has = new Set(relay.seqs());
    let seq = 0;
    while (has.has(seq + 1)) seq++;
    const live = relay.seqs().filter((n) => n > 100);
    const ahead: [number, number][] = live.length > 0 ? [[101, 100 + live.length]] : [];
    void relay.ack(seq, epoch, seq > 100 ? [] : ahead);
  }, 10);
  t.teardown(() => clearInterval(acknowledging));
  await eventually(async () => (await uplink.status()).depth === 0);
  const seqs = relay.seqs();
  t.true(performance.now() - began > 300);
  t.deepEqual(
    seqs.filter((n) => n <= 100),
    range(1, 100),
  );
  t.deepEqual(
    seqs.filter((n) => n > 100),
    range(101, 103),
  );
  t.true(seqs.indexOf(101) < 30, `the first new one came at ${seqs.indexOf(101)}`);
});

test('a summary that waited for long is sent as historical, a new one is not', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const bus = await connectedBus(t, url);
  const { produce, db, uplink } = await openAppliance(t, bus, { graceMs: 500 });
  await produce(4);
  await db
    .updateTable('outbox')
    .set({ created_at: Date.now() - 600_000 })
    .where('seq', '<=', 2)
    .execute();
  await eventually(() => relay.records.length === 4);
  t.deepEqual(
    relay.records.map((record) => 'summary' in record && record.historical),
    [true, true, undefined, undefined],
  );
  t.is((await uplink.status()).inFlight, 4);
});

test('a dropped record takes the place of evicted summaries, and is acknowledged like any other', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const bus = await connectedBus(t, url);
  const budget = { maxBytes: 3_000, maxAgeMs: 86_400_000 };
  const { produce, outbox, uplink } = await openAppliance(
    t,
    bus,
    { graceMs: 500 },
    undefined,
    budget,
  );
  await produce(40);
  const { summaries, evicted } = await outbox.state();
  t.is(summaries + evicted, 40);
  await eventually(() => relay.records.length === summaries + 1);
  const [first] = relay.records;
  t.like(first, {
    seq: evicted,
    dropped: { from: 1, to: evicted, count: evicted, reason: 'bytes' },
  });
  t.deepEqual(relay.seqs(), range(evicted, 40));
  await relay.ack(evicted);
  await eventually(async () => (await outbox.page(0, 40, 100))[0]?.seq === evicted + 1);
  await relay.ack(40);
  await eventually(async () => (await uplink.status()).depth === 0);
  t.like(await outbox.state(), { summaries: 0, bytes: 0, evicted });
});

test('of the evicted summaries, only those that the relay does not have are reported', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const bus = await connectedBus(t, url);
  const budget = { maxBytes: 3_000, maxAgeMs: 86_400_000 };
  const { produce, outbox } = await openAppliance(t, bus, { stallMs: 100 }, undefined, budget);
  await produce(5);
  await eventually(() => relay.records.length === 5);
  const epoch = relay.records[0]?.epoch;
  await produce(35);
  const { evicted } = await outbox.state();
  await relay.ack(3, epoch);
  relay.records.length = 0;
  await eventually(() => relay.records.some((r) => 'dropped' in r && r.dropped.from === 4));
  t.true(relay.records.every((r) => !('dropped' in r) || r.dropped.to === evicted));
});

test('a copy that ran without a connection and was restarted is recognised as a copy', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const bus = await connectedBus(t, url);
  const original = await openAppliance(t, bus);
  await original.produce(5);
  await eventually(() => relay.records.length === 5);
  const epoch = relay.records[0]?.epoch;
  await relay.ack(2, epoch);
  await eventually(async () => (await original.outbox.state()).ackedSeq === 2);
  const copy = join(await temporaryFolder(t), 'copy.db');
  original.sqlite.pragma('wal_checkpoint(TRUNCATE)');
  await copyFile(original.path, copy);
  await original.produce(5);
  await eventually(() => relay.records.length === 10);
  await relay.ack(10, epoch);
  await eventually(async () => (await original.uplink.status()).depth === 0);
  await original.uplink.stop();
  await bus.stop();
  relay.records.length = 0;

  const nowhere = await startBus(t, `mqtt://127.0.0.1:${await freePort()}`);
  const since: string[] = [];
  for (const count of [4, 8]) {
    const offline = await openAppliance(t, nowhere, {}, copy);
    since.push(...(await offline.produce(count)));
    await offline.uplink.stop();
    await offline.close();
  }
  const restored = await openAppliance(t, await startBus(t, url), { graceMs: 2_000 }, copy);
  await eventually(() => relay.records.length === 12);
  t.deepEqual(relay.records.map(snapshotOf), since);
  t.deepEqual(relay.seqs(), range(1, 12));
  t.not((await restored.outbox.state()).epoch, epoch);
});

test('an ordinary restart after a backlog continues in the same epoch', async (t) => {
  const { url } = await startBroker(t);
  const relay = await listen(t, url);
  const bus = await connectedBus(t, url);
  const first = await openAppliance(t, bus);
  await first.produce(5);
  await eventually(() => relay.records.length === 5);
  const epoch = relay.records[0]?.epoch;
  await first.uplink.stop();
  await first.close();
  await relay.ack(5, epoch);
  const second = await openAppliance(t, bus, {}, first.path);
  await eventually(async () => (await second.uplink.status()).depth === 0);
  t.like(await second.uplink.status(), { epoch, ackedSeq: 5 });
});
