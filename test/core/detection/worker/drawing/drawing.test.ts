import test from 'ava';
import { Canvas, widthOf } from '../../../../../core/detection/worker/drawing/canvas.js';
import { LabelPlaces } from '../../../../../core/detection/worker/drawing/label-places.js';
import { glyphsOf } from '../../../../../core/detection/worker/drawing/stroke-font.js';

const LETTERING = { capHeight: 11, pen: 1.3 };
const WHITE = [255, 255, 255] as const;

/** Rows of a text as it is drawn, with `#` where a pixel is mostly covered. */
function drawn(text: string): string[] {
  const [width, height] = [widthOf(text, LETTERING) + 2, 16];
  const pixels = new Uint8Array(3 * width * height);
  new Canvas(width, height, pixels).write(text, 1, 13, LETTERING, WHITE);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) =>
      (pixels[3 * (y * width + x)] ?? 0) > 127 ? '#' : '.',
    ).join(''),
  );
}

test('every printable character of ASCII has a shape of its own', (t) => {
  const characters = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));
  const shapes = new Map(characters.map((c) => [drawn(c).join('\n'), c]));
  // Zero and the letter O differ in nothing, as in many fonts for signs.
  t.is(shapes.size, 93);
  for (const shape of shapes.keys()) t.true(shape.includes('#'));
});

test('accents are dropped, and what is not ASCII becomes a question mark', (t) => {
  t.deepEqual(glyphsOf('arrêt'), glyphsOf('arret'));
  t.deepEqual(glyphsOf('停'), glyphsOf('?'));
  t.is(glyphsOf('').length, 0);
});

test('a text stays within its width', (t) => {
  for (const text of ['stop sign', 'MMMM', 'iiii', 'W@W', '_'])
    t.true(
      drawn(text).every((row) => row.endsWith('.')),
      text,
    );
});

test('what lies outside of the image is left out', (t) => {
  const pixels = new Uint8Array(3 * 8 * 8).fill(7);
  const canvas = new Canvas(8, 8, pixels);
  canvas.fill({ x: -50, y: -50, width: 20, height: 20 }, WHITE);
  canvas.fill({ x: 8, y: 0, width: 9, height: 9 }, WHITE);
  canvas.write('off', 100, 100, LETTERING, WHITE);
  canvas.frame({ x: -9, y: -9, width: 200, height: 200 }, 2, WHITE);
  t.true(pixels.every((value) => value === 7));
  canvas.fill({ x: 6, y: 6, width: 9, height: 9 }, WHITE);
  t.is(pixels.filter((value) => value === 255).length, 3 * 4);
});

test('labels do not cover each other where there is room', (t) => {
  const size = { width: 80, height: 20 };
  const places = new LabelPlaces({ width: 640, height: 480 });
  const boxes = Array.from({ length: 4 }, (_, i) => ({
    x: 300 + i,
    y: 200,
    width: 100,
    height: 90,
  }));
  const taken = boxes.map((box) => places.take(box, size));
  t.like(taken[0], { x: 300, y: 180 });
  for (const [i, a] of taken.entries())
    for (const b of taken.slice(i + 1)) {
      const apart = a.x >= b.x + 80 || b.x >= a.x + 80 || a.y >= b.y + 20 || b.y >= a.y + 20;
      t.true(apart, `${JSON.stringify(a)} and ${JSON.stringify(b)}`);
    }
});

test('a label stays in the image, below its box if there is no room above', (t) => {
  const places = new LabelPlaces({ width: 200, height: 100 });
  t.like(places.take({ x: 190, y: 0, width: 10, height: 30 }, { width: 60, height: 20 }), {
    x: 140,
    y: 30,
  });
  const wide = places.take({ x: 0, y: 50, width: 20, height: 20 }, { width: 500, height: 20 });
  t.is(wide.x, 0);
});
