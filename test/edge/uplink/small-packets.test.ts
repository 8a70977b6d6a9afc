import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { SummaryRecord } from '../../../core/contract/summary.js';
import { Outbox } from '../../../edge/store/outbox.js';
import { Uplink } from '../../../edge/uplink/uplink.js';
import type { UplinkOptions } from '../../../edge/uplink/uplink-options.js';
import { fakeBroker } from '../../fakes/fake-broker.js';
import { aDetection, aSummary, log, openOutboxDatabase } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { connectedBus, startBus } from '../../support/message-bus.js';
import { startMosquitto } from '../../support/mosquitto.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const site = 'north';
const LIMIT = 20_000;

/** An appliance that sends summaries of these numbers of detections, acknowledged by its broker unless `options` say else. */
async function sendSummaries(
  t: ExecutionContext,
  url: string,
  detections: number[],
  options: Partial<UplinkOptions> = {},
) {
  const { db, close } = await openOutboxDatabase(join(await temporaryFolder(t), 'edge.db'));
  t.teardown(close);
  const outbox = new Outbox(db);
  const bus = await startBus(t, url);
  const uplink = new Uplink(bus, outbox, { site, settleOn: 'puback', graceMs: 0, ...options }, log);
  await uplink.start();
  t.teardown(() => uplink.stop());
  await db.transaction().execute(async (trx) => {
    for (const count of detections) {
      const all = Array.from({ length: count }, (_, i) => aDetection('stop sign', i + 1));
      await outbox.append(trx, aSummary({ detections: all }));
    }
  });
  uplink.wake();
  return { bus, outbox };
}

test('a summary above the limit of Mosquitto arrives without its weakest detections, and holds up no other', async (t) => {
  const { url } = await startMosquitto(
    t,
    undefined,
    `allow_anonymous true\nmax_packet_size ${LIMIT}\n`,
  );
  const relay = await connectedBus(t, url);
  const records: SummaryRecord[] = [];
  relay.subscribe('up', { site }, ({ payload }) => {
    if ('summary' in payload) records.push(payload);
  });
  const { bus, outbox } = await sendSummaries(t, url, [1, 400, 2, 300, 3]);
  await eventually(async () => (await outbox.depth()).depth === 0);
  t.true(bus.status().reconnects <= 2, `${bus.status().reconnects} reconnects`);
  await eventually(() => new Set(records.map(({ seq }) => seq)).size === 5);
  const large = records.find(({ seq }) => seq === 2)?.summary;
  const kept = large?.detections.length ?? 0;
  t.true(kept >= 50 && kept < 400, `${kept} detections`);
  t.is(large?.omitted, 400 - kept);
  t.is(large?.detections[0]?.neighbors, 400, 'the strongest are kept');
  t.is(records.find(({ seq }) => seq === 5)?.summary.detections.length, 3);
});

test('a summary above the limit of a broker that names none arrives, too', async (t) => {
  const broker = await fakeBroker(t, { maxPacketBytes: LIMIT, onlyVersion4: true });
  const { outbox } = await sendSummaries(t, broker.url, [1, 400, 2]);
  await eventually(async () => (await outbox.depth()).depth === 0);
  t.true(broker.cuts <= 5, `${broker.cuts} cuts`);
  t.true(broker.messages.every(({ payload }) => payload.length < LIMIT));
});

const RELAYED = { settleOn: 'ack', stallMs: 200 } as const;

/** A broker that confirms and drops what is larger, and a relay there that acknowledges what it gets. */
async function swallowing(t: ExecutionContext, limit: number) {
  const { url } = await startMosquitto(
    t,
    undefined,
    `allow_anonymous true\nmessage_size_limit ${limit}\n`,
  );
  const relay = await connectedBus(t, url);
  const arrived = new Map<number, SummaryRecord>();
  relay.subscribe('up', { site }, ({ payload }) => {
    if (!('summary' in payload)) return;
    arrived.set(payload.seq, payload);
    let seq = 0;
    while (arrived.has(seq + 1)) seq++;
    const ahead = [...arrived.keys()].filter((a) => a > seq).map((a): [number, number] => [a, a]);
    void relay.publish('ack', { site }, { epoch: payload.epoch, seq, ahead });
  });
  return { url, arrived };
}

test('a summary that Mosquitto confirms and drops because of its size arrives shortened, and holds up no other', async (t) => {
  const { url, arrived } = await swallowing(t, LIMIT);
  const { bus, outbox } = await sendSummaries(t, url, [1, 400, 2, 350, 3], RELAYED);
  await eventually(async () => (await outbox.depth()).depth === 0);
  t.is(bus.status().reconnects, 0);
  t.true((arrived.get(2)?.summary.omitted ?? 0) > 0);
  t.regex(
    bus.status().problems.join(),
    /an estimate.*shortened: siteglass\/north\/up \(\d+ bytes\)/,
  );
});

test('a smaller one that is dropped is shortened alone; larger messages are still sent', async (t) => {
  const { url, arrived } = await swallowing(t, 5_000);
  const { bus, outbox } = await sendSummaries(t, url, [1, 60, 2], RELAYED);
  await eventually(async () => (await outbox.depth()).depth === 0);
  t.true((arrived.get(2)?.summary.omitted ?? 0) > 0);
  t.is(bus.maxPayloadBytes('up', { site }), 256 * 1024);
});

test('a large summary that the relay holds back for the budget of the site is not shortened, and arrives once it may', async (t) => {
  const { url } = await startMosquitto(t);
  const relay = await connectedBus(t, url);
  const arrived = new Map<number, SummaryRecord>();
  let attempts = 0;
  relay.subscribe('up', { site }, ({ payload }) => {
    if (!('summary' in payload)) return;
    const isHeld = payload.seq === 2 && ++attempts < 6;
    if (!isHeld) arrived.set(payload.seq, payload);
    const seq = arrived.has(2) ? 3 : 1;
    const ahead: [number, number][] = seq === 1 && arrived.has(3) ? [[3, 3]] : [];
    if (!arrived.has(1)) return;
    void relay.publish(
      'ack',
      { site },
      {
        ...{ epoch: payload.epoch, seq, ahead },
        ...(isHeld && { held: [2] }),
      },
    );
  });
  const { bus, outbox } = await sendSummaries(t, url, [1, 400, 2], RELAYED);
  await eventually(async () => (await outbox.depth()).depth === 0);
  t.true(attempts >= 6);
  t.is(arrived.get(2)?.summary.detections.length, 400);
  t.deepEqual(bus.status().problems, []);
});
