import test from 'ava';
import { Batcher } from '../../../core/store/batcher.js';

function recording(maxBatch: number, lingerMs: number) {
  const batches: number[][] = [];
  const batcher = new Batcher<number, number>(
    async (items) => {
      batches.push(items);
      return items.map((item) => item * 10);
    },
    maxBatch,
    lingerMs,
  );
  return { batches, batcher };
}

test('what arrives together is written together, and each caller gets its own result', async (t) => {
  const { batches, batcher } = recording(3, 0);
  const results = await Promise.all([1, 2, 3, 4].map((item) => batcher.add(item)));
  t.deepEqual(results, [10, 20, 30, 40]);
  t.deepEqual(batches, [[1, 2, 3], [4]]);
  t.is(batcher.waiting, 0);
});

test('a batch gathers until the linger is over, or at once when it is full', async (t) => {
  const { batches, batcher } = recording(3, 30);
  const first = batcher.add(1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await Promise.all([first, batcher.add(2)]);
  t.deepEqual(batches, [[1, 2]]);
  const patient = recording(2, 3_600_000);
  await Promise.all([patient.batcher.add(1), patient.batcher.add(2)]);
  t.deepEqual(patient.batches, [[1, 2]]);
});

test('a batch that fails fails for everyone in it, and the next one is written', async (t) => {
  let fail = true;
  const batcher = new Batcher<number, number>(async (items) => {
    if (fail) throw new Error('the disk is full');
    return items;
  });
  const results = await Promise.allSettled([batcher.add(1), batcher.add(2)]);
  t.true(results.every(({ status }) => status === 'rejected'));
  fail = false;
  t.is(await batcher.add(3), 3);
});
