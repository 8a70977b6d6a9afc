import test from 'ava';
import { inTurns, ratiosToReference } from '../../../bench/support/turns.js';

test('each measurement of a bench is between two of the reference', async (t) => {
  const order: string[] = [];
  const part = (name: string) => async () => `${name}${order.push(name)}`;
  const turns = await inTurns(2, part('reference'), [part('a'), part('b')]);
  t.deepEqual(order, ['reference', 'a', 'b', 'reference', 'a', 'b', 'reference']);
  t.deepEqual(turns, {
    reference: ['reference1', 'reference4', 'reference7'],
    others: [
      ['a2', 'a5'],
      ['b3', 'b6'],
    ],
  });
});

test('a machine that becomes slower changes no ratio to the reference', (t) => {
  t.deepEqual(ratiosToReference([1000, 800, 600, 400], [450, 350, 250]), [0.5, 0.5, 0.5]);
});

test('a machine that is slow for one measurement changes the ratio of that one', (t) => {
  t.deepEqual(ratiosToReference([1000, 1000, 1000], [500, 100]), [0.5, 0.1]);
});

test('ratios need a reference before and after each measurement', (t) => {
  t.throws(() => ratiosToReference([1000, 1000], [500, 500]), {
    message: '2 measurements need 3 of the reference; there are 2',
  });
});
