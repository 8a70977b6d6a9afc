import test from 'ava';
import fc from 'fast-check';
import {
  contains,
  holes,
  type Range,
  type Ranges,
  rangesOf,
  subtract,
  union,
} from '../../../cloud-relay/ingest/ranges.js';

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

test('adjacent, overlapping and empty ranges are merged', (t) => {
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
