import test from 'ava';
import type { JobOrigin } from '../../../../core/detection/detection.js';
import { JobQueue } from '../../../../core/detection/pool/job-queue.js';

const client = (id: string): JobOrigin => ({ kind: 'client', id });
const camera = (id: string): JobOrigin => ({ kind: 'camera', id });
const one = client('one');

/** Serves as many items as there are, each of which takes its origin so many milliseconds. */
function serve(
  queue: JobQueue<{ name: string; origin: JobOrigin; ms: number }>,
  count: number,
): string[] {
  return Array.from({ length: count }, () => {
    const item = queue.shift();
    if (!item) return '';
    queue.begin(item.origin);
    queue.end(item.origin, item.ms);
    return item.name;
  });
}

test('items of one origin leave in the order they came', (t) => {
  const queue = new JobQueue<string>(3, 100);
  queue.push('a', 1, one);
  queue.push('b', 1, one);
  t.deepEqual([queue.shift(), queue.shift(), queue.shift()], ['a', 'b', undefined]);
});

test('a full queue refuses one more item, and accepts the next once there is room', (t) => {
  const queue = new JobQueue<string>(2, 100);
  t.true(queue.push('a', 1, one).isTaken);
  t.true(queue.push('b', 1, one).isTaken);
  t.false(queue.push('c', 1, one).isTaken);
  queue.shift();
  t.true(queue.push('c', 1, one).isTaken);
});

test('a queue refuses an item that would exceed its byte limit', (t) => {
  const queue = new JobQueue<string>(10, 100);
  t.true(queue.push('a', 60, one).isTaken);
  t.false(queue.push('b', 41, one).isTaken);
  t.true(queue.push('c', 40, one).isTaken);
  t.deepEqual(queue.drain(), ['a', 'c']);
  t.true(queue.push('d', 100, one).isTaken);
});

test('an item that is put back is next, even if the queue is full', (t) => {
  const queue = new JobQueue<string>(1, 10);
  queue.push('a', 10, one);
  queue.putBack('before', 10);
  t.is(queue.length, 2);
  t.is(queue.shift(), 'before');
  t.false(queue.push('b', 1, one).isTaken);
  queue.shift();
  t.true(queue.push('b', 10, one).isTaken);
});

test('an origin with one item is served after one item of each other, however many those have', (t) => {
  const queue = new JobQueue<{ name: string; origin: JobOrigin; ms: number }>(100, 1e6);
  for (let i = 0; i < 30; i++) queue.push({ name: 'flood', origin: one, ms: 2_000 }, 1, one);
  t.deepEqual(serve(queue, 2), ['flood', 'flood']);
  for (const id of ['two', 'three'])
    queue.push({ name: id, origin: client(id), ms: 100 }, 1, client(id));
  const next = serve(queue, 3);
  t.true(next.includes('two') && next.includes('three'), next.join());
});

test('an origin whose items take long gets as much time as the others, not as many turns', (t) => {
  const queue = new JobQueue<{ name: string; origin: JobOrigin; ms: number }>(100, 1e6);
  const dear = client('dear');
  for (let i = 0; i < 20; i++) {
    queue.push({ name: 'dear', origin: dear, ms: 1_000 }, 1, dear);
    queue.push({ name: 'cheap', origin: one, ms: 100 }, 1, one);
  }
  const served = serve(queue, 22);
  t.is(served.filter((name) => name === 'cheap').length, 20);
});

test('cameras and clients have halves, however many there are of each', (t) => {
  const queue = new JobQueue<{ name: string; origin: JobOrigin; ms: number }>(1_000, 1e6);
  for (let i = 0; i < 100; i++)
    queue.push({ name: 'upload', origin: client(`${i}`), ms: 100 }, 1, client(`${i}`));
  serve(queue, 10);
  for (let i = 0; i < 10; i++)
    queue.push({ name: 'door', origin: camera('door'), ms: 100 }, 1, camera('door'));
  t.is(serve(queue, 20).filter((name) => name === 'door').length, 10);

  const cameras = new JobQueue<{ name: string; origin: JobOrigin; ms: number }>(1_000, 1e6);
  for (let i = 0; i < 100; i++)
    cameras.push({ name: 'camera', origin: camera(`${i % 20}`), ms: 100 }, 1, camera(`${i % 20}`));
  serve(cameras, 10);
  cameras.push({ name: 'upload', origin: one, ms: 100 }, 1, one);
  t.true(serve(cameras, 2).includes('upload'));
});

test('hours without a job are no credit, and hours of jobs without a queue no debt', (t) => {
  const queue = new JobQueue<{ name: string; origin: JobOrigin; ms: number }>(100, 1e6);
  // Cameras alone, each of whose jobs finds an idle worker.
  for (let i = 0; i < 1_000; i++) {
    queue.begin(camera('door'));
    queue.end(camera('door'), 1_000);
  }
  for (let i = 0; i < 50; i++) queue.push({ name: 'upload', origin: one, ms: 100 }, 1, one);
  queue.push({ name: 'door', origin: camera('door'), ms: 100 }, 1, camera('door'));
  t.true(serve(queue, 12).includes('door'));
});

test('a full queue has a place for one who has less in it, and the newest item of the largest loses its own', (t) => {
  const queue = new JobQueue<string>(4, 100);
  for (const name of ['a', 'b', 'c', 'd']) queue.push(name, 1, one);
  t.deepEqual(queue.push('other', 1, client('two')), { isTaken: true, displaced: ['d'] });
  t.deepEqual(queue.push('camera', 1, camera('door')), { isTaken: true, displaced: ['c'] });
  t.deepEqual(queue.push('e', 1, one), { isTaken: false, displaced: [] });
  t.is(queue.length, 4);
});

test('bytes have shares as places have', (t) => {
  const queue = new JobQueue<string>(100, 100);
  for (const name of ['a', 'b', 'c']) queue.push(name, 30, one);
  t.deepEqual(queue.push('other', 40, client('two')), { isTaken: true, displaced: ['c'] });
  const refused = { isTaken: false, displaced: [] };
  t.deepEqual(queue.push('third', 40, client('three')), refused, 'nobody else would have more');
  t.deepEqual(queue.push('small', 5, client('three')), { isTaken: true, displaced: ['b'] });
  t.false(queue.push('all', 101, client('four')).isTaken);
});

test('origins that are gone are forgotten', (t) => {
  const queue = new JobQueue<string>(10, 100);
  for (let i = 0; i < 50_000; i++) {
    queue.push('x', 1, client(`${i}`));
    queue.shift();
    queue.begin(client(`${i}`));
    queue.end(client(`${i}`), 10);
  }
  t.is(queue.length, 0);
});
