import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { Batcher } from '../../../core/store/batcher.js';

test('items that arrive together are written together, in order, up to a maximum', async (t) => {
  const batches: number[][] = [];
  const batcher = new Batcher<number, number>(async (items) => {
    batches.push(items);
    await delay(1);
    return items.map((item) => item * 10);
  }, 3);
  const results = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((item) => batcher.add(item)));
  t.deepEqual(results, [10, 20, 30, 40, 50, 60, 70]);
  t.deepEqual(batches, [[1, 2, 3], [4, 5, 6], [7]]);
  t.is(batcher.waiting, 0);
  t.is(await batcher.add(8), 80, 'and it goes on');
});

test('a failed write is reported to each caller of its batch and to nobody else', async (t) => {
  let fails = true;
  const batcher = new Batcher<string, string>(async (items) => {
    await delay(1);
    if (fails) throw new Error('disk full');
    return items;
  }, 2);
  const [a, b] = await Promise.allSettled([batcher.add('a'), batcher.add('b')]);
  t.is(a?.status, 'rejected');
  t.is(b?.status, 'rejected');
  fails = false;
  t.is(await batcher.add('c'), 'c');
});

test('a batch that lingers is written as soon as it is full', async (t) => {
  const batches: number[][] = [];
  const batcher = new Batcher<number, number>(
    async (items) => {
      batches.push(items);
      return items;
    },
    2,
    60_000,
  );
  t.deepEqual(await Promise.all([batcher.add(1), batcher.add(2)]), [1, 2]);
  t.deepEqual(batches, [[1, 2]]);
});
