import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { UplinkRecord } from '../../../core/contract/summary.js';
import { Outbox } from '../../../edge/store/outbox.js';
import { Uplink } from '../../../edge/uplink/uplink.js';
import { startBroker } from '../../support/broker.js';
import { appendSummaries, log, openOutboxDatabase } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { connectedBus, startBus } from '../../support/message-bus.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const site = 'north';

/** An outbox that has sent `sent` of its summaries in an earlier life, of which `settled` are settled, and waits with 3 more. */
async function restarted(t: ExecutionContext, sent: number, settled: number, identity = 'a file') {
  const { url } = await startBroker(t);
  const relay = await connectedBus(t, url);
  const records: UplinkRecord[] = [];
  relay.subscribe('up', { site }, ({ payload }) => {
    records.push(payload);
  });
  const { db, close } = await openOutboxDatabase(join(await temporaryFolder(t), 'edge.db'));
  t.teardown(close);
  const outbox = new Outbox(db);
  const produce = (count: number) => appendSummaries(db, outbox, count);
  await produce(sent);
  await outbox.reserve(sent);
  await outbox.settle(settled);
  await outbox.begin('a file');
  await outbox.begin(identity);
  await produce(3);
  const { epoch } = await outbox.state();
  const uplink = new Uplink(
    await startBus(t, url),
    outbox,
    { site, settleOn: 'ack', graceMs: 20, identity },
    log,
  );
  await uplink.start();
  t.teardown(() => uplink.stop());
  const ack = (seq: number) => relay.publish('ack', { site }, { epoch, seq });
  const seqs = () => records.map(({ seq }) => seq);
  return { records, seqs, ack, epoch, outbox };
}

test('until the relay has answered, only what it may know already is sent', async (t) => {
  const { seqs, ack, epoch, outbox } = await restarted(t, 4, 2);
  await eventually(() => seqs().length === 2);
  await sleep(600);
  t.deepEqual(seqs(), [3, 4]);
  await ack(4);
  await eventually(() => seqs().length === 5);
  t.deepEqual(seqs(), [3, 4, 5, 6, 7]);
  t.is((await outbox.state()).epoch, epoch);
});

test('what a copy numbered is not mistaken for what its original sent, though the relay answers late', async (t) => {
  const { records, seqs, ack, epoch } = await restarted(t, 4, 2);
  await eventually(() => seqs().length === 2);
  await ack(6);
  await eventually(() => seqs().length === 5);
  t.deepEqual(seqs(), [3, 4, 1, 2, 3]);
  t.true(records.slice(2).every((record) => record.epoch !== epoch));
});

test('a silent relay is not waited for endlessly if no old record is left to ask it with', async (t) => {
  const { seqs, records, epoch } = await restarted(t, 4, 4);
  await eventually(() => seqs().length === 3);
  t.deepEqual(seqs(), [5, 6, 7]);
  t.true(records.every((record) => record.epoch === epoch));
});

test('a known copy then continues in a new epoch', async (t) => {
  const { seqs, records, epoch } = await restarted(t, 4, 4, 'another file');
  await eventually(() => seqs().length === 3);
  t.deepEqual(seqs(), [1, 2, 3]);
  t.true(records.every((record) => record.epoch !== epoch));
});
