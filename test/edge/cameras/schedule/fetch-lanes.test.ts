import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { FetchLanes } from '../../../../edge/cameras/schedule/fetch-lanes.js';

const forever = () => new AbortController().signal;

/** Work that ends when told to, and tells how much of it ran at once. */
function workshop() {
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

async function drain(shop: ReturnType<typeof workshop>, all: Promise<void>[]): Promise<void> {
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

test('no more fetches run at once than there are places', async (t) => {
  const lanes = new FetchLanes({ quick: 2, slow: 1, patienceMs: 10_000 });
  const shop = workshop();
  const all = Array.from({ length: 7 }, () => lanes.run(false, forever(), shop.work));
  await drain(shop, all);
  t.is(shop.seen.most, 2);
});

test('fetches that take longer than the patience make room for the others', async (t) => {
  const lanes = new FetchLanes({ quick: 2, slow: 3, patienceMs: 20 });
  const stuck = workshop();
  const hanging = Array.from({ length: 3 }, () => lanes.run(false, forever(), stuck.work));
  for (let i = 0; i < 5; i++) t.is(await lanes.run(false, forever(), async () => i), i);
  t.is(stuck.seen.running, 3);
  await drain(stuck, hanging);
});

test("slow cameras have their own limit and do not take the fast lane's places", async (t) => {
  const lanes = new FetchLanes({ quick: 1, slow: 2, patienceMs: 10_000 });
  const shop = workshop();
  const slow = Array.from({ length: 5 }, () => lanes.run(true, forever(), shop.work));
  t.is(await lanes.run(false, forever(), async () => 'at once'), 'at once');
  await drain(shop, slow);
  t.is(shop.seen.most, 2);
});

test('when even the slow lane is full, the limit holds', async (t) => {
  const lanes = new FetchLanes({ quick: 2, slow: 1, patienceMs: 5 });
  const shop = workshop();
  const all = Array.from({ length: 9 }, () => lanes.run(false, forever(), shop.work));
  await sleep(50);
  t.is(shop.seen.running, 3);
  await drain(shop, all);
  t.is(shop.seen.most, 3);
  t.is(await lanes.run(true, forever(), async () => 'free again'), 'free again');
  t.is(await lanes.run(false, forever(), async () => 'free again'), 'free again');
});

test('a caller that waits for a place can give up', async (t) => {
  const lanes = new FetchLanes({ quick: 1, slow: 1, patienceMs: 10_000 });
  const shop = workshop();
  const busy = lanes.run(false, forever(), shop.work);
  const stopping = new AbortController();
  const waiting = lanes.run(false, stopping.signal, shop.work);
  stopping.abort(new Error('stopped'));
  await t.throwsAsync(waiting, { message: 'stopped' });
  await drain(shop, [busy]);
  t.is(await lanes.run(false, forever(), async () => 'next'), 'next');
});

test('a failed fetch releases its place', async (t) => {
  const lanes = new FetchLanes({ quick: 1, slow: 1, patienceMs: 10_000 });
  const failing = async () => {
    throw new Error('no picture');
  };
  await t.throwsAsync(lanes.run(false, forever(), failing));
  await t.throwsAsync(lanes.run(true, forever(), failing));
  t.is(await lanes.run(false, forever(), async () => 'next'), 'next');
});
