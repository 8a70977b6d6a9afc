import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { FairQueue, NotRunError } from '../../../core/runtime/fair-queue.js';

const limits = { concurrency: 1, maxWaiting: 100, maxWaitingPerKey: 50 };

test('one key with much work delays another by one piece of work', async (t) => {
  const queue = new FairQueue(limits);
  const order: string[] = [];
  const work = (name: string) => async () => {
    await turn();
    order.push(name);
  };
  const all = Array.from({ length: 40 }, (_, i) => queue.run('flood', work(`flood ${i}`)));
  all.push(queue.run('site', work('site')));
  await Promise.all(all);
  t.is(order.length, 41);
  t.true(order.indexOf('site') <= 2, `${order.indexOf('site')} came before it`);
});

test('what waits is bounded for each key and in all; failed work does not stop the next', async (t) => {
  const queue = new FairQueue({ concurrency: 1, maxWaiting: 3, maxWaitingPerKey: 2 });
  let release = () => {};
  const running = queue.run('a', () => new Promise<void>((resolve) => (release = resolve)));
  const waiting = [
    queue.run('a', async () => 1),
    queue.run('a', () => Promise.reject(new Error('fails'))),
  ];
  await t.throwsAsync(
    queue.run('a', async () => 3),
    { instanceOf: NotRunError },
  );
  waiting.push(queue.run('b', async () => 4));
  await t.throwsAsync(
    queue.run('c', async () => 5),
    { instanceOf: NotRunError },
  );
  t.is(queue.waiting, 3);
  release();
  await running;
  const results = await Promise.allSettled(waiting);
  t.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  t.is(queue.waiting, 0);
});

test('work that nobody wants any more is not started', async (t) => {
  const queue = new FairQueue(limits);
  let release = () => {};
  const running = queue.run('a', () => new Promise<void>((resolve) => (release = resolve)));
  let isWanted = true;
  const given = queue.run(
    'a',
    async () => t.fail('it was started'),
    () => isWanted,
  );
  isWanted = false;
  release();
  await running;
  await t.throwsAsync(given, { instanceOf: NotRunError });
  t.is(await queue.run('a', async () => 'next'), 'next');
});
