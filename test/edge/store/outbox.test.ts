import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { uplinkRecordSchema } from '../../../core/contract/summary.js';
import { MAX_PAYLOAD_BYTES } from '../../../core/contract/topics.js';
import { Outbox } from '../../../edge/store/outbox.js';
import {
  aDetection,
  aSummary,
  openOutboxDatabase,
  temporaryFolder,
} from '../../support/delivery-fixtures.js';

async function openOutbox(t: ExecutionContext, file?: string) {
  const path = file ?? join(await temporaryFolder(t), 'edge.db');
  const { db, close } = await openOutboxDatabase(path);
  t.teardown(close);
  const outbox = new Outbox(db, () => 1_000);
  const add = (count = 1, fail = false) =>
    db.transaction().execute(async (trx) => {
      for (let i = 0; i < count; i++) await outbox.append(trx, aSummary());
      if (fail) throw new Error('the rest of the transaction fails');
    });
  const seqs = async () => (await outbox.page(0, 10_000)).map(({ seq }) => seq);
  return { path, db, close, outbox, add, seqs };
}

test('numbers rise by one without a hole, though transactions are rolled back between', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 12 }), async (fails) => {
      const { add, seqs, outbox, close } = await openOutbox(t);
      for (const fail of fails) await add(2, fail).catch(() => undefined);
      const kept = fails.filter((fail) => !fail).length * 2;
      t.deepEqual(
        await seqs(),
        Array.from({ length: kept }, (_, i) => i + 1),
      );
      t.is((await outbox.state()).lastSeq, kept);
      await close();
    }),
    { numRuns: 20 },
  );
});

test('a restart keeps the epoch, the numbers and what is not settled', async (t) => {
  const first = await openOutbox(t);
  await first.add(5);
  await first.outbox.settle(2);
  const before = await first.outbox.state();
  await first.close();
  const second = await openOutbox(t, first.path);
  t.deepEqual(await second.outbox.state(), before);
  t.deepEqual(await second.seqs(), [3, 4, 5]);
  await second.add();
  t.deepEqual(await second.seqs(), [3, 4, 5, 6]);
});

test('a number is not given again after its row was settled', async (t) => {
  const { outbox, add, seqs } = await openOutbox(t);
  await add(3);
  await outbox.settle(3);
  await outbox.settle(1);
  t.like(await outbox.state(), { ackedSeq: 3, lastSeq: 3 });
  await add();
  t.deepEqual(await seqs(), [4]);
});

test('pages follow on from each other, and the age of the oldest is known', async (t) => {
  const { outbox, add } = await openOutbox(t);
  t.is(await outbox.addedAfter(0), undefined);
  await add(7);
  t.deepEqual(
    (await outbox.page(2, 3)).map(({ seq }) => seq),
    [3, 4, 5],
  );
  t.is(await outbox.addedAfter(2), 1_000);
  t.is(await outbox.addedAfter(7), undefined);
});

test('a new epoch numbers what is not settled from 1, in the same order', async (t) => {
  const { outbox, add, seqs } = await openOutbox(t);
  await add(9);
  await outbox.settle(3);
  const snapshots = (await outbox.page(0, 100)).map(({ summary }) => summary.snapshot);
  const before = await outbox.state();
  const after = await outbox.startNewEpoch();
  t.not(after.epoch, before.epoch);
  t.like(after, { ackedSeq: 0, lastSeq: 6 });
  t.deepEqual(await seqs(), [1, 2, 3, 4, 5, 6]);
  t.deepEqual(
    (await outbox.page(0, 100)).map(({ summary }) => summary.snapshot),
    snapshots,
  );
});

test('a summary too large for a message keeps its strongest detections and tells how many it lost', async (t) => {
  const { db, outbox } = await openOutbox(t);
  const detections = Array.from({ length: 5_000 }, (_, i) => aDetection('stop sign', i));
  await db.transaction().execute((trx) => outbox.append(trx, aSummary({ detections })));
  const [row] = await outbox.page(0, 1);
  const record = {
    v: 1,
    epoch: (await outbox.state()).epoch,
    seq: 1,
    first: 1,
    summary: row?.summary,
  };
  const parsed = uplinkRecordSchema.parse(record);
  t.true(Buffer.byteLength(JSON.stringify(parsed)) <= MAX_PAYLOAD_BYTES);
  t.true(parsed.summary.detections.length > 500);
  t.is(parsed.summary.detections.length + (parsed.summary.omitted ?? 0), 5_000);
  t.is(parsed.summary.detections[0]?.neighbors, 4_999);
});
