import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { FetchLanes } from '../../../../edge/cameras/schedule/fetch-lanes.js';

const forever = () => new AbortController().signal;

/** Work that ends on demand and counts how much of it runs concurrently. */
function controlledWork() {
  const ends: (() => void)[] = [];
  const seen = { running: 0, most: 0 };
  const work = async () => {
    seen.most = Math.max(seen.most, ++seen.running);
    await new Promise<void>((resolve) => ends.push(resolve));
    seen.running--;
  };
  const endAll = () => {
    for (const end of ends.splice(0)) end();
  };
  return { work, endAll, seen };
}

async function drain(shop: ReturnType<typeof controlledWork>, all: Promise<void>[]): Promise<void> {
  let done = false;
  const ended = Promise.all(all).then(() => {
    done = true;
  });
  while (!done) {
    shop.endAll();
    await sleep(1);
  }
  await ended;
}

test('no more fetches run concurrently than the lane has permits', async (t) => {
  const lanes = new FetchLanes({ quick: 2, slow: 1, patienceMs: 10_000 });
  const shop = controlledWork();
  const all = Array.from({ length: 7 }, () => lanes.run(false, forever(), shop.work));
  await drain(shop, all);
  t.is(shop.seen.most, 2);
});

test('fetches that take longer than patienceMs release their quick permit', async (t) => {
  const lanes = new FetchLanes({ quick: 2, slow: 3, patienceMs: 20 });
  const stuck = controlledWork();
  const hanging = Array.from({ length: 3 }, () => lanes.run(false, forever(), stuck.work));
  for (let i = 0; i < 5; i++) t.is(await lanes.run(false, forever(), async () => i), i);
  t.is(stuck.seen.running, 3);
  await drain(stuck, hanging);
});

test('slow cameras have their own limit and do not use the quick lane', async (t) => {
  const lanes = new FetchLanes({ quick: 1, slow: 2, patienceMs: 10_000 });
  const shop = controlledWork();
  const slow = Array.from({ length: 5 }, () => lanes.run(true, forever(), shop.work));
  t.is(await lanes.run(false, forever(), async () => 'at once'), 'at once');
  await drain(shop, slow);
  t.is(shop.seen.most, 2);
});

test('if the slow lane is full as well, both limits hold', async (t) => {
  const lanes = new FetchLanes({ quick: 2, slow: 1, patienceMs: 5 });
  const shop = controlledWork();
  const all = Array.from({ length: 9 }, () => lanes.run(false, forever(), shop.work));
  await sleep(50);
  t.is(shop.seen.running, 3);
  await drain(shop, all);
  t.is(shop.seen.most, 3);
  t.is(await lanes.run(true, forever(), async () => 'free again'), 'free again');
  t.is(await lanes.run(false, forever(), async () => 'free again'), 'free again');
});

test('waiting for a permit can be aborted', async (t) => {
  const lanes = new FetchLanes({ quick: 1, slow: 1, patienceMs: 10_000 });
  const shop = controlledWork();
  const busy = lanes.run(false, forever(), shop.work);
  const stopping = new AbortController();
  const waiting = lanes.run(false, stopping.signal, shop.work);
  stopping.abort(new Error('stopped'));
  await t.throwsAsync(waiting, { message: 'stopped' });
  await drain(shop, [busy]);
  t.is(await lanes.run(false, forever(), async () => 'next'), 'next');
});

test('a fetch that fails releases its permit', async (t) => {
  const lanes = new FetchLanes({ quick: 1, slow: 1, patienceMs: 10_000 });
  const failing = async () => {
    throw new Error('no picture');
  };
  await t.throwsAsync(lanes.run(false, forever(), failing));
  await t.throwsAsync(lanes.run(true, forever(), failing));
  t.is(await lanes.run(false, forever(), async () => 'next'), 'next');
});
