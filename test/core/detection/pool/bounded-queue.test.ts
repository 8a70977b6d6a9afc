import test from 'ava';
import { BoundedQueue } from '../../../../core/detection/pool/bounded-queue.js';

test('items leave in the order they came', (t) => {
  const queue = new BoundedQueue<string>(3, 100);
  queue.push('a', 1);
  queue.push('b', 1);
  t.deepEqual([queue.shift(), queue.shift(), queue.shift()], ['a', 'b', undefined]);
});

test('a full queue refuses one more item, and accepts the next once there is room', (t) => {
  const queue = new BoundedQueue<string>(2, 100);
  t.true(queue.push('a', 1));
  t.true(queue.push('b', 1));
  t.false(queue.push('c', 1));
  queue.shift();
  t.true(queue.push('c', 1));
});

test('a queue refuses an item that would exceed its byte limit', (t) => {
  const queue = new BoundedQueue<string>(10, 100);
  t.true(queue.push('a', 60));
  t.false(queue.push('b', 41));
  t.true(queue.push('c', 40));
  t.deepEqual(queue.drain(), ['a', 'c']);
  t.true(queue.push('d', 100));
});

test('an item that is put back is next, even if the queue is full', (t) => {
  const queue = new BoundedQueue<string>(1, 10);
  queue.push('a', 10);
  queue.putBack('before', 10);
  t.is(queue.length, 2);
  t.is(queue.shift(), 'before');
  t.false(queue.push('b', 1));
  queue.shift();
  t.true(queue.push('b', 10));
});
