import test from 'ava';
import type { HaarFeature } from '../../../../core/detection/engine/cascade-model.js';
import { fits16Bits } from '../../../../core/detection/engine/fits-16-bits.js';
import { parseCascade } from '../../../../core/detection/engine/parse-cascade.js';
import { seededRandom } from '../../../support/render-random.js';
import { haarXml } from './support/cascade-xml.js';
import { enginesOfThisMachine } from './support/engines.js';
import { integer } from './support/integers.js';
import { plainScore } from './support/plain-cascade.js';

const feature = (
  rectangles: [x: number, y: number, width: number, height: number, weight: number][],
  tilted = false,
): HaarFeature => ({
  tilted,
  rectangles: rectangles.map(([x, y, width, height, weight]) => ({ x, y, width, height, weight })),
});

test('a feature fits 16 bits up to 128 times white, on either side', (t) => {
  const halves = (width: number, weight: number) =>
    feature([
      [0, 0, width, 16, -weight],
      [0, 0, width, 8, 2 * weight],
    ]);
  t.true(fits16Bits(halves(16, 1)));
  t.true(fits16Bits(halves(16, -1)));
  t.true(fits16Bits(halves(8, 2)));
  t.false(fits16Bits(halves(17, 1)));
  t.false(fits16Bits(halves(17, -1)));
  t.false(fits16Bits(halves(8, 3)));
  t.true(fits16Bits(feature([[3, 5, 16, 8, 1]])));
  t.false(fits16Bits(feature([[3, 5, 43, 3, -1]])), '129 pixels');
  t.false(fits16Bits(feature([[3, 5, 2, 2, 1]], true)), 'tilted');
});

test('what overlapping rectangles can reach is what their pixels can reach', (t) => {
  const random = seededRandom(16);
  const below = (n: number) => integer(random, 0, n - 1);
  let fitting = 0;
  for (let round = 0; round < 500; round++) {
    const rectangles = Array.from({ length: 1 + below(3) }, () => {
      const [x, y] = [below(16), below(16)];
      return [x, y, 1 + below(20 - x), 1 + below(20 - y), below(7) - 3] as const;
    });
    const weights = new Map<number, number>();
    for (const [x, y, width, height, weight] of rectangles) {
      for (let i = 0; i < width * height; i++) {
        const pixel = (y + Math.floor(i / width)) * 20 + x + (i % width);
        weights.set(pixel, (weights.get(pixel) ?? 0) + weight);
      }
    }
    const sumOf = (sign: number) =>
      [...weights.values()].reduce((sum, weight) => sum + Math.max(sign * weight, 0), 0);
    const fits = Math.max(sumOf(1), sumOf(-1)) * 255 < 2 ** 15;
    if (fits) fitting++;
    t.is(fits16Bits(feature(rectangles.map((r) => [...r]))), fits, JSON.stringify(rectangles));
  }
  t.true(fitting > 50 && fitting < 450, `${fitting} fit`);
});

/** Rectangles of which some fit 16 bits just so, or just not: halves, thirds, chequers and a single one. */
const AT_THE_LIMIT = [
  ['0 0 16 16 -1.', '0 0 16 8 2.'],
  ['0 0 17 16 -1.', '0 0 17 8 2.'],
  ['1 1 16 12 -1.', '1 5 16 4 3.'],
  ['1 1 17 12 -1.', '1 5 17 4 3.'],
  ['0 0 16 16 -1.', '0 0 8 8 2.', '8 8 8 8 2.'],
  ['0 0 18 16 -1.', '0 0 9 8 2.', '9 8 9 8 2.'],
  ['2 2 16 8 1.'],
  ['2 2 16 8 -1.'],
  ['2 2 17 8 1.'],
  ['4 4 12 12 -1.', '6 6 8 8 2.'],
];

test('pictures that drive a feature to its largest and smallest values are searched without an overflow', (t) => {
  const random = seededRandom(3);
  const size = { width: 24, height: 24 };
  const engines = enginesOfThisMachine();
  let passed = 0;
  for (const rects of AT_THE_LIMIT) {
    for (const threshold of ['-1.5', '-0.4', '0.', '0.3', '0.9']) {
      const nodes = `0 -1 0 ${threshold}`;
      const xml = haarXml({ rects, nodes, leaves: '1 -1', threshold: '0.' });
      const parsed = parseCascade(xml);
      if (!('model' in parsed) || parsed.model.kind !== 'haar') return t.fail('not served');
      const tree = parsed.model.stages[0]?.trees[0];
      if (!tree) return t.fail('no tree');
      for (const sign of [1, -1]) {
        const data = Uint8Array.from({ length: 24 * 24 }, (_, i) => {
          const weight = weightAt(tree.feature, i % 24, Math.floor(i / 24));
          if (weight === 0) return integer(random, 0, 255);
          return weight * sign > 0 ? 255 : 0;
        });
        const image = { ...size, data };
        const wanted = plainScore(parsed.model, image);
        for (const engine of engines) {
          const cascade = engine.load(parsed.model);
          const query = { cascade, scaleFactor: 1.1, minSize: size, maxSize: size };
          const [[candidate] = []] = engine.searchCandidates(image, [query]);
          t.is(candidate?.score, wanted, `${rects.join(', ')} below ${threshold}`);
        }
        if (wanted !== undefined) passed++;
      }
    }
  }
  t.true(passed > 20 && passed < 80, `${passed} of 100 passed`);
});

const weightAt = ({ rectangles }: HaarFeature, x: number, y: number): number =>
  rectangles
    .filter((r) => x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height)
    .reduce((sum, r) => sum + r.weight, 0);
