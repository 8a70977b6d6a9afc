import test from 'ava';
import fc from 'fast-check';
import { backoffMs } from '../../../core/messaging/backoff.js';

test('delays grow from half the minimum to at most the maximum, and differ between clients', (t) => {
  const range = { minMs: 1_000, maxMs: 60_000 };
  fc.assert(
    fc.property(fc.nat(200), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const delay = backoffMs(attempt, range, () => random);
      return delay >= 500 && delay <= 60_000;
    }),
  );
  const ceilings = [0, 1, 2, 10].map((attempt) => backoffMs(attempt, range, () => 1));
  t.deepEqual(ceilings, [1_000, 2_000, 4_000, 60_000]);
  t.not(
    backoffMs(3, range, () => 0.1),
    backoffMs(3, range, () => 0.9),
  );
});
