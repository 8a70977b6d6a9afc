import test from 'ava';
import fc from 'fast-check';
import { type Point, type Zone, zoneSchema } from '../../../core/contract/zone.js';
import { coverOf } from '../../../core/detection/zone-cover.js';
import { counts } from '../../../core/detection/zones.js';

const rectangle = (kind: Zone['kind'], x0: number, y0: number, x1: number, y1: number): Zone =>
  zoneSchema.parse({
    kind,
    points: [
      [x0, y0],
      [x1, y0],
      [x1, y1],
      [x0, y1],
    ],
  });
const picture = { width: 400, height: 200 };
const area = (zones: Zone[]) =>
  coverOf(zones, picture).reduce((sum, { width, height }) => sum + width * height, 0) / 80_000;

test('a rectangular zone is covered by itself, to within a pixel', (t) => {
  t.deepEqual(coverOf([rectangle('include', 0.25, 0.3, 0.75, 0.8)], picture), [
    { x: 99, y: 59, width: 202, height: 102 },
  ]);
});

test('areas deep in a mask, or outside every included zone, are left out', (t) => {
  const top = rectangle('mask', 0, 0, 1, 0.5);
  t.true(area([top]) < 0.55);
  t.true(area([rectangle('include', 0, 0, 0.5, 1), top]) < 0.3);
  const corners = [rectangle('include', 0, 0, 0.2, 0.2), rectangle('include', 0.8, 0.8, 1, 1)];
  t.true(area(corners) < 0.12);
  t.deepEqual(coverOf([top, rectangle('mask', 0, 0.5, 1, 1)], picture), []);
});

test('a mask of some labels leaves nothing out: others count there', (t) => {
  const left = { ...rectangle('mask', 0, 0, 0.5, 1), labels: ['car'] };
  t.is(coverOf([left], picture).length, 1);
  t.true(area([left]) >= 1);
  t.true(area([left, rectangle('mask', 0, 0, 1, 0.5)]) < 0.55);
});

test('every box that counts has its centre in the cover, whatever the polygons', (t) => {
  const fraction = fc.integer({ min: 0, max: 40 }).map((n) => n / 40);
  const zones = fc.array(
    fc.record({
      kind: fc.constantFrom('include' as const, 'mask' as const),
      points: fc.array(fc.tuple(fraction, fraction), { minLength: 3, maxLength: 6 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  let [counted, left] = [0, 0];
  const property = fc.property(zones, (drawn) => {
    const cover = coverOf(drawn, picture);
    for (let x = 0; x < picture.width; x += 7)
      for (let y = 0; y < picture.height; y += 5) {
        const centre: Point = [x + 0.5, y + 0.5];
        const isCovered = cover.some(
          (r) => x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height,
        );
        if (!isCovered) left++;
        if (!counts(drawn, { x, y, width: 1, height: 1 }, picture.width, picture.height)) continue;
        counted++;
        if (!isCovered) t.fail(`${centre} of ${JSON.stringify(drawn)}`);
      }
  });
  t.notThrows(() => fc.assert(property, { seed: 3, numRuns: 150 }));
  t.true(counted > 10_000 && left > 10_000);
});
