import test from 'ava';
import fc from 'fast-check';
import { ORIENTATIONS } from '../../../core/contract/detection.js';
import { overlap, scaled, turned, turnedBack } from '../../../core/detection/boxes.js';

const image = { width: 100, height: 60 };

test('a box in a rotated image is mapped back to where it was', (t) => {
  // 10 wide and 4 high, 20 from the left and 30 from the top.
  const box = { x: 20, y: 30, width: 10, height: 4 };
  const inTurned = {
    0: box,
    90: { x: 26, y: 20, width: 4, height: 10 },
    180: { x: 70, y: 26, width: 10, height: 4 },
    270: { x: 30, y: 70, width: 4, height: 10 },
  };
  for (const orientation of ORIENTATIONS) {
    t.deepEqual(turnedBack(inTurned[orientation], orientation, image), box);
    t.deepEqual(turned(box, orientation, image), inTurned[orientation]);
  }
});

test('a scaled box lies within the image and is never empty', (t) => {
  const side = fc.integer({ min: 1, max: 500 });
  fc.assert(
    fc.property(side, side, side, side, fc.nat(499), fc.nat(499), (w, h, tw, th, x, y) => {
      const from = { width: w, height: h };
      const to = { width: tw, height: th };
      const box = scaled({ x: x % w, y: y % h, width: 1 + (y % w), height: 1 + (x % h) }, from, to);
      return (
        box.x >= 0 &&
        box.y >= 0 &&
        box.width >= 1 &&
        box.height >= 1 &&
        box.x + box.width <= tw &&
        box.y + box.height <= th
      );
    }),
  );
  t.deepEqual(scaled({ x: 10, y: 20, width: 30, height: 40 }, image, { width: 400, height: 240 }), {
    x: 40,
    y: 80,
    width: 120,
    height: 160,
  });
});

test('overlap is the intersection over the union of two boxes', (t) => {
  const box = { x: 0, y: 0, width: 10, height: 10 };
  t.is(overlap(box, box), 1);
  t.is(overlap(box, { ...box, x: 5 }), 1 / 3);
  t.is(overlap(box, { ...box, x: 10 }), 0);
});
