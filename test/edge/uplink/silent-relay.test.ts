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

/** An outbox that sent `sent` summaries before a restart, of which `acked` are acknowledged, and has 3 new ones. */
async function restarted(
  t: ExecutionContext,
  sent: number,
  acked: number,
  identity = 'a file',
  fresh = 3,
) {
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
  await outbox.raiseSentWatermark(sent);
  await outbox.acknowledge(acked);
  await outbox.begin('a file');
  await outbox.begin(identity);
  await produce(fresh);
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

test('until the relay answers, only what it may have already is sent', async (t) => {
  const { seqs, ack, epoch, outbox } = await restarted(t, 4, 2);
  await eventually(() => seqs().length === 2);
  await sleep(600);
  t.deepEqual(seqs(), [3, 4]);
  await ack(4);
  await eventually(() => seqs().length === 5);
  t.deepEqual(seqs(), [3, 4, 5, 6, 7]);
  t.is((await outbox.state()).epoch, epoch);
});

test('the numbers of a copy are not taken for those of its original, even if the relay answers late', async (t) => {
  const { records, seqs, ack, epoch } = await restarted(t, 4, 2);
  await eventually(() => seqs().length === 2);
  await ack(6);
  await eventually(() => seqs().length === 5);
  t.deepEqual(seqs(), [3, 4, 1, 2, 3]);
  t.true(records.slice(2).every((record) => record.epoch !== epoch));
});

test('the uplink does not wait for a silent relay without end, if nothing old is left that it would answer', async (t) => {
  const { seqs, records, epoch } = await restarted(t, 4, 4);
  await eventually(() => seqs().length === 3);
  // In doubt, the database is a copy: the relay may know other summaries by these numbers.
  t.deepEqual(seqs(), [1, 2, 3]);
  t.true(records.every((record) => record.epoch !== epoch));
});

test('an appliance that has nothing new to send does not begin a new epoch, however long the relay is silent', async (t) => {
  const { seqs, epoch, outbox } = await restarted(t, 4, 4, 'a file', 0);
  await sleep(2_500);
  t.deepEqual(seqs(), []);
  t.is((await outbox.state()).epoch, epoch);
});

test('a known copy then continues in a new epoch', async (t) => {
  const { seqs, records, epoch } = await restarted(t, 4, 4, 'another file');
  await eventually(() => seqs().length === 3);
  t.deepEqual(seqs(), [1, 2, 3]);
  t.true(records.every((record) => record.epoch !== epoch));
});
