import test from 'ava';
import type { AnalysisPlan } from '../../../core/detection/detection.js';
import { checkSearch } from '../../../core/images/search-limit.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import { aModel, planFor } from '../detection/detection-setup.js';

const image = { width: 4_000, height: 3_000 };
const plan: AnalysisPlan = {
  detectors: [aModel()],
  preparation: { workingSize: 1280, orientations: [0] },
};
const cost = (one: AnalysisPlan): number => {
  for (let megapixels = 1; ; megapixels++)
    try {
      checkSearch(one, image, megapixels * 1_000_000);
      return megapixels;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
    }
};

test('a model costs as much for every image, as often as it is run', (t) => {
  t.is(cost(plan), 4);
  const tiled = { ...plan.preparation, tiles: '4x4' };
  t.is(cost({ ...plan, preparation: tiled }), 50);
  t.is(cost({ ...plan, preparation: { ...tiled, orientations: [0, 180] } }), 100);
  t.is(cost({ ...plan, detectors: [aModel(), aModel({ id: 'other' })] }), 7);
});

test('the fields that make a search of a model large are named', async (t) => {
  const tiled: AnalysisPlan = {
    ...plan,
    preparation: { ...plan.preparation, tiles: '4x4', orientations: [0, 90] },
  };
  const error = t.throws(() => checkSearch(tiled, image, 10_000_000), { instanceOf: ProblemError });
  t.deepEqual(
    error?.errors?.map(({ path }) => path),
    ['orientations', 'tiles'],
  );
  const mixed = { ...tiled, detectors: [...(await planFor()).detectors, aModel()] };
  const both = t.throws(() => checkSearch(mixed, image, 10_000_000), { instanceOf: ProblemError });
  t.deepEqual(
    both?.errors?.map(({ path }) => path),
    ['workingSize', 'orientations', 'tiles', 'detector'],
  );
});
