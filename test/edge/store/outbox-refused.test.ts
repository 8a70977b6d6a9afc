import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Outbox } from '../../../edge/store/outbox.js';
import { evict, oldestSummaries } from '../../../edge/store/outbox-eviction.js';
import { MAX_REFUSED_ROWS, refusedSummaries } from '../../../edge/store/outbox-refused.js';
import { appendSummaries, openOutboxDatabase } from '../../support/delivery-fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function openOutbox(t: ExecutionContext) {
  const { db, close } = await openOutboxDatabase(join(await temporaryFolder(t), 'edge.db'));
  t.teardown(close);
  const outbox = new Outbox(db, () => 1_000);
  const add = (count: number) => appendSummaries(db, outbox, count);
  const rows = async () =>
    (await outbox.page(0, Number.MAX_SAFE_INTEGER, 10_000)).map((row) =>
      'summary' in row ? row.seq : [row.from, row.seq, row.reason],
    );
  const evictOldest = (count: number) =>
    db
      .transaction()
      .execute(async (trx) => evict(trx, await oldestSummaries(trx, count), 'bytes', 1_000));
  return { db, outbox, add, rows, evictOldest };
}

test('a summary that is set aside leaves a mark in its place, and is kept with the reason', async (t) => {
  const { db, outbox, add, rows } = await openOutbox(t);
  const [, second] = await add(3);
  t.true(await outbox.setAside(2, 'too many labels'));
  t.deepEqual(await rows(), [1, [2, 2, 'refused'], 3]);
  t.like(await outbox.state(), { summaries: 2, refused: 1, evicted: 0 });
  const [kept, ...others] = await refusedSummaries(db);
  t.like(kept, { seq: 2, reason: 'too many labels', refusedAt: 1_000 });
  t.is(kept?.summary.snapshot, second);
  t.deepEqual(others, []);
});

test('what is acknowledged, or was set aside before, is not set aside', async (t) => {
  const { outbox, add } = await openOutbox(t);
  await add(3);
  await outbox.acknowledge(1);
  t.true(await outbox.setAside(2, 'first'));
  for (const seq of [1, 2, 4]) t.false(await outbox.setAside(seq, 'again'));
  t.like(await outbox.state(), { summaries: 1, refused: 1 });
});

test('the number of summaries that are set aside and kept is bounded', async (t) => {
  const { db, outbox, add } = await openOutbox(t);
  await add(MAX_REFUSED_ROWS + 5);
  for (let seq = 1; seq <= MAX_REFUSED_ROWS + 5; seq++) await outbox.setAside(seq, 'refused');
  const kept = await refusedSummaries(db);
  t.is(kept.length, MAX_REFUSED_ROWS);
  t.is(kept.at(-1)?.seq, 6);
  t.is((await outbox.state()).refused, MAX_REFUSED_ROWS + 5);
});

test('an eviction around a mark leaves the mark, and claims only what it evicts', async (t) => {
  const { outbox, add, rows, evictOldest } = await openOutbox(t);
  await add(8);
  await outbox.setAside(3, 'too large');
  await evictOldest(4);
  t.deepEqual(await rows(), [[1, 2, 'bytes'], [3, 3, 'refused'], [4, 5, 'bytes'], 6, 7, 8]);
  await evictOldest(1);
  t.deepEqual(await rows(), [[1, 2, 'bytes'], [3, 3, 'refused'], [4, 6, 'bytes'], 7, 8]);
  t.like(await outbox.state(), { evicted: 5, refused: 1, summaries: 2 });
});

test('marks keep their reasons in a new epoch', async (t) => {
  const { outbox, add, rows } = await openOutbox(t);
  await add(5);
  await outbox.setAside(4, 'too large');
  const { epoch } = await outbox.state();
  await outbox.startNewEpoch({ epoch, seq: 2 }, 5);
  t.deepEqual(await rows(), [1, [2, 2, 'refused'], 3]);
  t.like(await outbox.state(), { summaries: 2, lastSeq: 3 });
});

test('a summary that is damaged in the database becomes a mark, and those behind it are read', async (t) => {
  const { db, outbox, add, rows } = await openOutbox(t);
  await add(3);
  await db.updateTable('outbox').set({ payload: '{"camera":' }).where('seq', '=', 1).execute();
  t.deepEqual(await rows(), [[1, 1, 'damaged'], 2, 3]);
  t.is((await outbox.state()).refused, 0);
});
