import test from 'ava';
import fc from 'fast-check';
import { RangeSet } from '../../../edge/uplink/range-set.js';

const range = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(12));

test('holds what was added, whatever the order and the overlaps', (t) => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), fc.nat(60), (ranges, mark) => {
      const set = new RangeSet();
      const held = new Set<number>();
      for (const [from, extent] of ranges) {
        set.add(from, from + extent);
        for (let n = from; n <= from + extent; n++) held.add(n);
      }
      set.trim(mark);
      for (let n = mark + 1; n < 80; n++) {
        if (set.covers(n, n) !== held.has(n)) return false;
        let end = n;
        while (held.has(end + 1)) end++;
        if (set.endOf(n) !== (held.has(n) ? end : undefined)) return false;
      }
      return true;
    }),
  );
  t.pass();
});

test('beyond its limit, the highest ranges are forgotten', (t) => {
  const set = new RangeSet(2);
  for (const n of [5, 1, 3]) set.add(n, n);
  t.deepEqual(
    [1, 3, 5].map((n) => set.covers(n, n)),
    [true, true, false],
  );
  set.clear();
  t.is(set.endOf(1), undefined);
});
