import test from 'ava';
import fc from 'fast-check';
import { photo } from '../../../../bench/support/scenes.js';
import { seededRandom } from '../../../support/render-random.js';
import { Comparison, type SearchCase } from './support/comparison.js';
import { corpusCase } from './support/corpus.js';
import { drawImage, SUBJECTS } from './support/images.js';

test('every window and box of 300 images is OpenCV’s, with every stump cascade', (t) => {
  const comparison = Comparison.ofThisMachine();
  const differences = Array.from({ length: 300 }, (_, place) =>
    comparison.differences(corpusCase(1, place)),
  ).flat();
  t.deepEqual(differences, []);
  t.true(comparison.cascades.length >= 20, 'the cascades are there');
  t.true(comparison.windows > 3000, `only ${comparison.windows} windows to compare`);
});

test('no choice of size, subject and parameters makes a difference', (t) => {
  const comparison = Comparison.ofThisMachine();
  const size = fc.record({
    width: fc.integer({ min: 3, max: 130 }),
    height: fc.integer({ min: 3, max: 130 }),
  });
  const limit = fc.record({
    width: fc.integer({ min: 1, max: 140 }),
    height: fc.integer({ min: 1, max: 140 }),
  });
  const searches = fc.record({
    subject: fc.constantFrom(...SUBJECTS),
    seed: fc.nat(),
    size,
    scaleFactor: fc.double({ min: 1.01, max: 2, noNaN: true }),
    minSize: limit,
    maxSize: fc.oneof(fc.constant({ width: 0, height: 0 }), limit),
    minNeighbors: fc.integer({ min: 0, max: 8 }),
    cascade: fc.nat({ max: comparison.cascades.length - 1 }),
  });
  const property = fc.property(
    searches,
    ({ subject, seed, size, cascade, minNeighbors, ...range }) => {
      const image = drawImage(subject, size, seededRandom(seed));
      t.deepEqual(
        comparison.differences({ name: subject, image, range, minNeighbors }, [cascade]),
        [],
      );
    },
  );
  t.notThrows(() => fc.assert(property, { seed: 5, numRuns: 1500 }));
});

test('a snapshot and a photo of twelve megapixels are searched as OpenCV does', async (t) => {
  const comparison = Comparison.ofThisMachine();
  const find = async (
    width: number,
    height: number,
    rest: Omit<SearchCase, 'name' | 'image'>,
    names: string[],
  ) => {
    const image = comparison.opencv.decode(await photo({ width, height }));
    const places = names.map((name) =>
      comparison.cascades.findIndex((cascade) => cascade.name === name),
    );
    t.deepEqual(comparison.differences({ name: 'photo', image, ...rest }, places), []);
  };
  const noLimit = { width: 0, height: 0 };
  const names = [
    'stop-sign',
    'stop-sign-lbp',
    'haarcascade_frontalface_default',
    'haarcascade_fullbody',
  ];
  const small = { scaleFactor: 1.1, minSize: { width: 20, height: 20 }, maxSize: noLimit };
  await find(979, 551, { range: small, minNeighbors: 3 }, names);
  const large = { scaleFactor: 1.3, minSize: { width: 24, height: 24 }, maxSize: noLimit };
  await find(4000, 3000, { range: large, minNeighbors: 3 }, ['stop-sign', 'stop-sign-lbp']);
  t.true(comparison.windows > 0);
});
