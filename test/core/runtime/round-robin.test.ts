import test from 'ava';
import { RoundRobin } from '../../../core/runtime/round-robin.js';

test('each key has its turn after the others, with its oldest item', (t) => {
  const items = new RoundRobin<string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1']) items.add(item.charAt(0), item);
  t.is(items.size, 5);
  t.is(items.sizeOf('a'), 3);
  const order = Array.from({ length: 6 }, () => items.take()?.item);
  t.deepEqual(order, ['a1', 'b1', 'c1', 'a2', 'a3', undefined]);
  t.is(items.size, 0);
});

test('an item stays until it is removed, also out of its turn', (t) => {
  const items = new RoundRobin<string>();
  for (const item of ['a1', 'a1', 'a2', 'b1']) items.add(item.charAt(0), item);
  t.is(items.size, 3);
  t.deepEqual(items.next(), { key: 'a', item: 'a1' });
  t.deepEqual(items.next(), { key: 'b', item: 'b1' });
  t.deepEqual(items.next(), { key: 'a', item: 'a1' });
  items.remove('a', 'a1');
  items.remove('b', 'b1');
  items.remove('b', 'b1');
  t.is(items.size, 1);
  t.is(items.sizeOf('b'), 0);
  t.deepEqual(items.next(), { key: 'a', item: 'a2' });
});
