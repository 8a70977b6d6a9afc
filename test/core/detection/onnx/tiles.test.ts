import test from 'ava';
import fc from 'fast-check';
import type { Candidate } from '../../../../core/detection/onnx/candidate.js';
import { suppress } from '../../../../core/detection/onnx/suppress.js';
import { joinTiles, tileParts, tilesToSearch } from '../../../../core/detection/onnx/tiles.js';

const candidate = (
  x: number,
  y: number,
  width: number,
  height: number,
  confidence = 0.9,
  classIndex = 0,
): Candidate => ({ x, y, width, height, confidence, classIndex });

test('of boxes of one class that overlap the strongest stays', (t) => {
  const boxes = [
    candidate(10, 10, 20, 20, 0.5),
    candidate(11, 10, 20, 20, 0.8),
    candidate(12, 10, 20, 20, 0.7, 1),
    candidate(25, 10, 20, 20, 0.6),
  ];
  t.deepEqual(
    suppress(boxes, 0.45).map(({ confidence }) => confidence),
    [0.8, 0.7, 0.6],
  );
  t.is(suppress(boxes, 1).length, 4);
  t.is(suppress(boxes, 0).length, 2);
});

test('the order of candidates does not change what is left of them, even if they are equally strong', (t) => {
  const box = fc
    .tuple(fc.nat(20), fc.nat(20), fc.integer({ min: 1, max: 20 }), fc.nat(2), fc.nat(1))
    .map(([x, y, side, level, kind]) => candidate(x, y, side, side, 0.5 + level / 10, kind));
  fc.assert(
    fc.property(fc.array(box, { maxLength: 30 }), fc.nat(), (boxes, turn) => {
      const at = boxes.length > 0 ? turn % boxes.length : 0;
      const others = [...boxes.slice(at), ...boxes.slice(0, at)];
      t.deepEqual(suppress(others, 0.4), suppress(boxes, 0.4));
    }),
    { seed: 9, numRuns: 300 },
  );
});

test('tiles cover a picture, overlap, and stay within it', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 8 }),
      (width, height, columns, rows) => {
        const parts = tileParts({ width, height }, columns, rows);
        t.is(parts.length, columns * rows);
        for (const part of parts) {
          t.true(part.x >= 0 && part.y >= 0 && part.width > 0 && part.height > 0);
          t.true(part.x + part.width <= width && part.y + part.height <= height);
        }
        for (let i = 1; i < columns; i++) {
          const [left, right] = [parts[i - 1], parts[i]];
          if (left && right) t.true(right.x <= left.x + left.width);
        }
        const last = parts.at(-1);
        t.deepEqual([last && last.x + last.width, last && last.y + last.height], [width, height]);
      },
    ),
    { seed: 4, numRuns: 300 },
  );
  t.deepEqual(tileParts({ width: 900, height: 90 }, 2, 1), [
    { x: 0, y: 0, width: 500, height: 90 },
    { x: 400, y: 0, width: 500, height: 90 },
  ]);
});

const picture = { width: 900, height: 100 };
const parts = tileParts(picture, 2, 1);
const [left = parts[0], right = parts[1]] = parts;

const joined = (ofLeft: Candidate[], ofRight: Candidate[]) => {
  if (!left || !right) throw new Error('two tiles');
  return suppress(
    joinTiles(
      [
        { part: left, found: ofLeft },
        { part: right, found: ofRight },
      ],
      picture,
    ),
    0.45,
  );
};

test('halves of one object become one box', (t) => {
  t.deepEqual(joined([candidate(200, 20, 300, 50, 0.7)], [candidate(400, 22, 250, 46, 0.8)]), [
    candidate(200, 20, 450, 50, 0.8),
  ]);
});

test('a part of an object that the next tile has whole is left out', (t) => {
  t.deepEqual(joined([candidate(450, 20, 50, 50, 0.95)], [candidate(450, 20, 120, 50, 0.8)]), [
    candidate(450, 20, 120, 50, 0.8),
  ]);
});

test('different objects on both sides of a border stay two', (t) => {
  const one = candidate(380, 5, 120, 20);
  const other = candidate(400, 60, 100, 30);
  t.is(joined([one], [other]).length, 2);
  t.is(joined([candidate(380, 20, 120, 50)], [candidate(400, 20, 100, 50, 0.9, 1)]).length, 2);
});

test('with regions only tiles that one of them touches are searched, and those that their objects reach into', (t) => {
  if (!left || !right) throw new Error('two tiles');
  const region = { x: 10, y: 10, width: 50, height: 50 };
  t.deepEqual(tilesToSearch(parts, [], undefined, picture), parts);
  t.deepEqual(tilesToSearch(parts, [], [region], picture), [left]);
  t.deepEqual(tilesToSearch(parts, [], [], picture), []);
  const inside = { part: left, found: [candidate(20, 20, 30, 30)] };
  t.deepEqual(tilesToSearch(parts, [inside], [region], picture), []);
  const reaching = { part: left, found: [candidate(20, 20, 480, 30)] };
  t.deepEqual(tilesToSearch(parts, [reaching], [region], picture), [right]);
});
