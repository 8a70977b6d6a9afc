import test from 'ava';
import { Semaphore } from '../../../core/runtime/semaphore.js';

const never = () => new AbortController().signal;

test('permits are granted in the order of the requests, and a second release has no effect', async (t) => {
  const semaphore = new Semaphore(1);
  const order: number[] = [];
  const release = await semaphore.acquire(never());
  const waiting = [1, 2].map(async (id) => {
    const releaseNext = await semaphore.acquire(never());
    order.push(id);
    return releaseNext;
  });
  release();
  release();
  const first = await waiting[0];
  await new Promise(setImmediate);
  t.deepEqual(order, [1], 'one release grants one permit');
  first?.();
  await waiting[1];
  t.deepEqual(order, [1, 2]);
});

test('an aborted request leaves the queue', async (t) => {
  const semaphore = new Semaphore(1);
  const release = await semaphore.acquire(never());
  const aborted = new AbortController();
  const request = semaphore.acquire(aborted.signal);
  aborted.abort(new Error('no longer needed'));
  await t.throwsAsync(request, { message: 'no longer needed' });
  release();
  t.is(typeof (await semaphore.acquire(never())), 'function');
});
