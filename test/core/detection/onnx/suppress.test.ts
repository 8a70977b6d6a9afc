import test from 'ava';
import { overlap } from '../../../../core/detection/boxes.js';
import { byConfidence, type Candidate } from '../../../../core/detection/onnx/candidate.js';
import { suppress } from '../../../../core/detection/onnx/suppress.js';
import { seededRandom } from '../../../support/render-random.js';

/** By its definition: each one against all that are kept. */
function suppressPlainly(candidates: Candidate[], maxOverlap: number): Candidate[] {
  const kept: Candidate[] = [];
  for (const one of candidates.toSorted(byConfidence))
    if (!kept.some((k) => k.classIndex === one.classIndex && overlap(k, one) > maxOverlap))
      kept.push(one);
  return kept;
}

test('of boxes of all sizes, within the picture and beyond it, those that overlap a stronger one of their class go', (t) => {
  const random = seededRandom(3);
  const within = (most: number) => random.between(0, most);
  const candidates = Array.from({ length: 1_500 }, (_, i): Candidate => {
    const side = [0.01, 3, 40, 700][i % 4] ?? 1;
    return {
      x: within(300) - 100,
      y: within(300) - 100,
      width: within(side) + 1e-9,
      height: within(side) + 1e-9,
      confidence: within(1),
      classIndex: i % 3,
    };
  });
  const kept = suppress(candidates, 0.4);
  t.true(kept.length < candidates.length);
  t.deepEqual(kept, suppressPlainly(candidates, 0.4));
});

test('as many boxes as a large input has cells are suppressed within the time that a job has', (t) => {
  const cells = Array.from(
    { length: 33_600 },
    (_, i): Candidate => ({
      x: (i % 224) * 5.7,
      y: Math.floor(i / 224) * 5.7,
      width: 5,
      height: 5,
      confidence: 1 - i / 50_000,
      classIndex: 0,
    }),
  );
  const started = performance.now();
  t.is(suppress(cells, 0.45).length, cells.length);
  t.true(performance.now() - started < 10_000);
});
