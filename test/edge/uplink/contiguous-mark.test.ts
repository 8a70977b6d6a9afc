import test from 'ava';
import fc from 'fast-check';
import { ContiguousMark } from '../../../edge/uplink/contiguous-mark.js';

test('the mark is the end of the confirmed run, in whatever order they come', (t) => {
  fc.assert(
    fc.property(fc.nat(50), fc.array(fc.integer({ min: 1, max: 40 })), (base, offsets) => {
      const mark = new ContiguousMark(base);
      const confirmed = new Set<number>();
      for (const offset of offsets) {
        confirmed.add(base + offset);
        let expected = base;
        while (confirmed.has(expected + 1)) expected++;
        if (mark.confirm(base + offset) !== expected) return false;
      }
      return true;
    }),
  );
  const restarted = new ContiguousMark(0);
  restarted.confirm(2);
  restarted.restart(4);
  t.is(restarted.confirm(2), 4);
  t.is(restarted.confirm(5), 5);
});
