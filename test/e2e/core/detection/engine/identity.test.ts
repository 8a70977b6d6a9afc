import test from 'ava';
import { runScenario } from '../../../../core/detection/engine/support/run-scenario.js';

/** Half a minute each on an idle machine, and far more where others compute as well. */
const PATIENCE_MS = 600_000;

test.serial(
  'every window and box of 300 images matches OpenCV’s, with every shipped cascade',
  async (t) => {
    t.timeout(PATIENCE_MS);
    const { differences, windows, cascades } = await runScenario('corpus');
    t.deepEqual(differences, []);
    t.true(cascades >= 24, `only ${cascades} cascades`);
    t.true(windows > 3000, `only ${windows} windows to compare`);
  },
);

test.serial('every window and box of cascades of random trees matches OpenCV’s', async (t) => {
  t.timeout(PATIENCE_MS);
  const { differences, windows, cascades } = await runScenario('anyTrees');
  t.deepEqual(differences, []);
  t.is(cascades, 300);
  t.true(windows > 20_000, `only ${windows} windows to compare`);
});

test.serial('no choice of size, subject and parameters makes a difference', async (t) => {
  t.timeout(PATIENCE_MS);
  const { differences, windows } = await runScenario('anyChoice');
  t.deepEqual(differences, []);
  t.true(windows > 10_000, `only ${windows} windows to compare`);
});

test.serial(
  'a snapshot and a photo of twelve megapixels are searched as OpenCV does',
  async (t) => {
    t.timeout(PATIENCE_MS);
    const { differences, windows } = await runScenario('photographs');
    t.deepEqual(differences, []);
    t.true(windows > 0);
  },
);
