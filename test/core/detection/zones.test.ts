import test from 'ava';
import fc from 'fast-check';
import { type Point, zoneSchema } from '../../../core/contract/zone.js';
import { contains, counts } from '../../../core/detection/zones.js';

const zone = (kind: 'include' | 'mask', ...points: Point[]) => zoneSchema.parse({ kind, points });
const leftHalf: Point[] = [
  [0, 0],
  [0.5, 0],
  [0.5, 1],
  [0, 1],
];
/** A box of 10 × 10 pixels around a point of a picture of 100 × 200. */
const around = ([x, y]: Point) => ({ x: x * 100 - 5, y: y * 200 - 5, width: 10, height: 10 });
const isCounted = (zones: Parameters<typeof counts>[0], centre: Point) =>
  counts(zones, around(centre), 100, 200);

test('without zones everything counts', (t) => {
  t.true(isCounted([], [0.9, 0.9]));
});

test('with included zones, only boxes with their centre in one of them count', (t) => {
  const corner = zone('include', [0.8, 0.8], [1, 0.8], [1, 1], [0.8, 1]);
  const zones = [zone('include', ...leftHalf), corner];
  t.true(isCounted(zones, [0.4, 0.5]));
  t.true(isCounted(zones, [0.9, 0.9]));
  t.false(isCounted(zones, [0.6, 0.5]));
});

test('a box with its centre in a mask does not count, whatever zones include it', (t) => {
  const mask = zone('mask', [0.2, 0.2], [0.4, 0.2], [0.3, 0.5]);
  t.false(isCounted([mask], [0.3, 0.3]));
  t.true(isCounted([mask], [0.9, 0.3]));
  t.false(isCounted([zone('include', ...leftHalf), mask], [0.3, 0.3]));
  t.true(isCounted([zone('include', ...leftHalf), mask], [0.1, 0.3]));
});

test('a polygon may be concave', (t) => {
  const horseshoe: Point[] = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0.7, 1],
    [0.7, 0.3],
    [0.3, 0.3],
    [0.3, 1],
    [0, 1],
  ];
  t.true(contains(horseshoe, [0.1, 0.9]));
  t.true(contains(horseshoe, [0.5, 0.1]));
  t.false(contains(horseshoe, [0.5, 0.9]));
});

test('of two zones that share an edge, exactly one contains each point in the image', (t) => {
  const fraction = fc.integer({ min: 0, max: 999 }).map((n) => n / 1000);
  t.notThrows(() =>
    fc.assert(
      fc.property(fraction, fraction, fraction, fc.boolean(), (across, y, cut, isOnEdge) => {
        const x = isOnEdge ? cut + y * (1 - 2 * cut) : across;
        const left: Point[] = [
          [0, 0],
          [cut, 0],
          [1 - cut, 1],
          [0, 1],
        ];
        const right: Point[] = [
          [cut, 0],
          [1, 0],
          [1, 1],
          [1 - cut, 1],
        ];
        return contains(left, [x, y]) !== contains(right, [x, y]);
      }),
      { numRuns: 10_000 },
    ),
  );
});

test('a zone has at least three points, all of them in the image', (t) => {
  t.false(zoneSchema.safeParse({ kind: 'mask', points: leftHalf.slice(0, 2) }).success);
  t.false(zoneSchema.safeParse({ kind: 'mask', points: [...leftHalf, [1.1, 0]] }).success);
});
