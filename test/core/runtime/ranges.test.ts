import test from 'ava';
import fc from 'fast-check';
import {
  contains,
  covers,
  endOfRangeAt,
  holes,
  type Range,
  type Ranges,
  rangesAbove,
  rangesOf,
  subtract,
  union,
} from '../../../core/runtime/ranges.js';

const MAX = 40;
const numbers = Array.from({ length: MAX + 1 }, (_, i) => i);
const anySet = fc
  .uniqueArray(fc.integer({ min: 0, max: MAX }))
  .map((members): Range[] => members.map((n) => [n, n]))
  .map(rangesOf);

const members = (set: Ranges) => numbers.filter((n) => set.some(([a, b]) => n >= a && n <= b));
const isNormal = (set: Ranges) =>
  set.every(([from, to], i) => from <= to && (i === 0 || from > (set[i - 1]?.[1] ?? 0) + 1));

test('range sets behave like sets of numbers', (t) => {
  fc.assert(
    fc.property(anySet, anySet, (a, b) => {
      const inA = new Set(members(a));
      const inB = new Set(members(b));
      t.deepEqual(
        members(union(a, b)),
        numbers.filter((n) => inA.has(n) || inB.has(n)),
      );
      t.deepEqual(
        members(subtract(a, b)),
        numbers.filter((n) => inA.has(n) && !inB.has(n)),
      );
      t.true([a, union(a, b), subtract(a, b)].every(isNormal));
      t.true(numbers.every((n) => contains(a, n) === inA.has(n)));
      t.is(
        members(union(a, holes(a))).length,
        a.length === 0 ? 0 : (a.at(-1)?.[1] ?? 0) - (a[0]?.[0] ?? 0) + 1,
      );
    }),
  );
});

test('adjacent, overlapping and empty ranges become one', (t) => {
  t.deepEqual(
    rangesOf([
      [5, 9],
      [1, 3],
      [4, 4],
      [8, 12],
      [20, 19],
    ]),
    [[1, 12]],
  );
});

const range = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(12));

test('ranges that are added one by one hold what was added, whatever the order and the overlaps', (t) => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), fc.nat(60), (ranges, watermark) => {
      let set: Ranges = [];
      const held = new Set<number>();
      for (const [from, extent] of ranges) {
        set = union(set, [[from, from + extent]]);
        for (let n = from; n <= from + extent; n++) held.add(n);
      }
      set = rangesAbove(set, watermark);
      if (set.some(([, to]) => to <= watermark) || !isNormal(set)) return false;
      for (let n = watermark + 1; n < 80; n++) {
        if (covers(set, [n, n]) !== held.has(n)) return false;
        let end = n;
        while (held.has(end + 1)) end++;
        if (endOfRangeAt(set, n) !== (held.has(n) ? end : undefined)) return false;
        if (covers(set, [n, n + 3]) !== [0, 1, 2, 3].every((i) => held.has(n + i))) return false;
      }
      return true;
    }),
  );
  t.pass();
});

test('a range without numbers is covered by any set', (t) => {
  t.true(covers([], [5, 4]));
  t.false(covers([], [5, 5]));
});
