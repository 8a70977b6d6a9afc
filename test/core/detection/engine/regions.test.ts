import test from 'ava';
import fc from 'fast-check';
import type { Box } from '../../../../core/contract/detection.js';
import { type Candidate, CascadeEngine } from '../../../../core/detection/engine/cascade-engine.js';
import type { Size } from '../../../../core/detection/engine/geometry.js';
import { seededRandom } from '../../../support/render-random.js';
import { servedCascades } from './support/cascades.js';
import { drawImage, SUBJECTS } from './support/images.js';

const NO_LIMIT = { width: 0, height: 0 };

function isInside(candidate: Candidate, region: Box, image: Size): boolean {
  const right = Math.min(candidate.x + candidate.width, image.width);
  const bottom = Math.min(candidate.y + candidate.height, image.height);
  return (
    candidate.x >= region.x &&
    candidate.y >= region.y &&
    right <= region.x + region.width &&
    bottom <= region.y + region.height
  );
}

test('regions report exactly those windows of the whole image that lie in one of them', (t) => {
  const cascades = servedCascades().filter(({ name }) =>
    ['stop-sign', 'stop-sign-lbp', 'haarcascade_smile', 'haarcascade_fullbody'].includes(name),
  );
  const engines = (['128', 'auto'] as const).map((simd) => {
    const engine = CascadeEngine.open(simd);
    return { engine, loaded: cascades.map(({ model }) => engine.load(model)) };
  });
  let reported = 0;
  const region = fc.record({
    x: fc.integer({ min: -20, max: 400 }),
    y: fc.integer({ min: -20, max: 200 }),
    width: fc.integer({ min: 0, max: 420 }),
    height: fc.integer({ min: 0, max: 220 }),
  });
  const searches = fc.record({
    subject: fc.constantFrom(...SUBJECTS),
    seed: fc.nat(),
    size: fc.record({
      width: fc.integer({ min: 30, max: 400 }),
      height: fc.integer({ min: 30, max: 200 }),
    }),
    scaleFactor: fc.constantFrom(1.05, 1.1, 1.5),
    regions: fc.array(region, { maxLength: 4 }),
  });
  const property = fc.property(searches, ({ subject, seed, size, scaleFactor, regions }) => {
    const image = drawImage(subject, size, seededRandom(seed));
    for (const { engine, loaded } of engines) {
      const queries = loaded.map((cascade) => ({
        cascade,
        scaleFactor,
        minSize: { width: 1, height: 1 },
        maxSize: NO_LIMIT,
      }));
      const everywhere = engine.searchCandidates(image, queries);
      const inRegions = engine.searchCandidates(image, queries, { regions });
      reported += inRegions.flat().length;
      t.deepEqual(
        inRegions,
        everywhere.map((found) =>
          found.filter((candidate) => regions.some((one) => isInside(candidate, one, image))),
        ),
      );
    }
  });
  t.notThrows(() => fc.assert(property, { seed: 7, numRuns: 80 }));
  t.true(reported > 200, `only ${reported} windows in regions`);
});

test('a region of the image’s size reports what no region does', (t) => {
  const engine = CascadeEngine.open();
  const image = drawImage('objects', { width: 301, height: 203 }, seededRandom(3));
  for (const { model } of servedCascades()) {
    const query = {
      cascade: engine.load(model),
      scaleFactor: 1.1,
      minSize: NO_LIMIT,
      maxSize: NO_LIMIT,
    };
    const whole = { x: 0, y: 0, width: image.width, height: image.height };
    t.deepEqual(
      engine.searchCandidates(image, [query], { regions: [whole] }),
      engine.searchCandidates(image, [query]),
    );
  }
});
