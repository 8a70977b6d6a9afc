import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Acknowledgement, UplinkRecord } from '../../../core/contract/summary.js';
import { startBroker } from '../../support/broker.js';
import { startAppliance } from '../../support/delivery-peers.js';
import { eventually } from '../../support/eventually.js';
import { connectedBus } from '../../support/message-bus.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const site = 'north';

/** An appliance with five summaries in flight, and a bus that stands in for its relay. */
async function inFlight(t: ExecutionContext) {
  const { url } = await startBroker(t);
  const relay = await connectedBus(t, url);
  const records: UplinkRecord[] = [];
  relay.subscribe('up', { site }, ({ payload }) => {
    records.push(payload);
  });
  const file = join(await temporaryFolder(t), 'edge.db');
  const appliance = await startAppliance(t, url, { file, stallMs: 30_000 });
  await appliance.produce(5);
  await eventually(() => records.length === 5);
  const epoch = records[0]?.epoch ?? '';
  const answer = (more: Partial<Acknowledgement>) =>
    relay.publish('ack', { site }, { epoch, seq: 1, ...more });
  const seqs = () => records.map(({ seq }) => seq);
  return { ...appliance, records, epoch, answer, seqs };
}

test('a record that was damaged on the way goes again at once, and is not set aside', async (t) => {
  const { answer, seqs, outbox } = await inFlight(t);
  await answer({ refused: [{ seq: 3, reason: 'damaged on the way', again: true }] });
  await eventually(() => seqs().length === 6);
  t.is(seqs().at(-1), 3);
  t.is((await outbox.state()).refused, 0);
});

test('a refused record is set aside, and its mark goes out in its place', async (t) => {
  const { answer, records, outbox } = await inFlight(t);
  await answer({ refused: [{ seq: 3, reason: 'too many labels' }] });
  await eventually(() => records.length === 6);
  t.like(records.at(-1), {
    seq: 3,
    dropped: { from: 3, to: 3, count: 1, reason: 'bytes', cause: 'refused' },
  });
  t.is((await outbox.state()).refused, 1);
});

test('a refusal of what is not in flight, or of another epoch, changes nothing', async (t) => {
  const { answer, outbox, seqs } = await inFlight(t);
  const other = '6f0e3c0e-5b9b-4f0e-9a53-0d3bd0a3c001';
  await answer({ refused: [{ seq: 77, reason: 'unknown' }] });
  await answer({ epoch: other, refused: [{ seq: 3, reason: 'unknown' }] });
  await answer({ seq: 2 });
  await eventually(async () => (await outbox.state()).ackedSeq === 2);
  await sleep(200);
  t.is((await outbox.state()).refused, 0);
  t.deepEqual([...new Set(seqs())], [1, 2, 3, 4, 5]);
});

test('a status says that the relay holds a summary back for the budget of the site, until it is stored', async (t) => {
  const { answer, uplink } = await inFlight(t);
  t.is((await uplink.status()).problem, undefined);
  await answer({ seq: 2, ahead: [[4, 4]], held: [5, 3] });
  await eventually(async () => (await uplink.status()).problem !== undefined);
  t.is(
    (await uplink.status()).problem,
    'the relay holds back summary 3 and others: the site is beyond its budget there (siteBudgets); they are sent again',
  );
  await answer({ seq: 2 });
  t.regex((await uplink.status()).problem ?? '', /holds back summary 3/, 'it still waits');
  await answer({ seq: 3 });
  await eventually(async () => (await uplink.status()).problem === undefined);
});

test('a conflict concerns the appliance whose snapshot it names, and no other', async (t) => {
  const { answer, outbox, epoch, records } = await inFlight(t);
  const conflict = { seq: 3, reason: 'another summary has this number', conflict: true as const };
  await answer({ refused: [{ ...conflict, snapshot: 'not ours' }] });
  await sleep(300);
  t.is((await outbox.state()).epoch, epoch);
  const [, , third] = records;
  const snapshot = third && 'summary' in third ? third.summary.snapshot : '';
  await answer({ seq: 5, refused: [{ ...conflict, snapshot }] });
  await eventually(async () => (await outbox.state()).epoch !== epoch);
  await eventually(() => records.filter((record) => record.epoch !== epoch).length === 3);
  t.deepEqual(
    records.slice(-3).map((record) => 'summary' in record && [record.seq, record.former]),
    [
      [1, site],
      [2, site],
      [3, site],
    ],
  );
});
