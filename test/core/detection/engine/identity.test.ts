import test from 'ava';
import { runScenario } from './support/run-scenario.js';

test('every window and box of 300 images is OpenCV’s, with every stump cascade', async (t) => {
  const { differences, windows, cascades } = await runScenario('corpus');
  t.deepEqual(differences, []);
  t.true(cascades >= 20, `only ${cascades} cascades`);
  t.true(windows > 3000, `only ${windows} windows to compare`);
});

test('no choice of size, subject and parameters makes a difference', async (t) => {
  const { differences, windows } = await runScenario('anyChoice');
  t.deepEqual(differences, []);
  t.true(windows > 10_000, `only ${windows} windows to compare`);
});

test('a snapshot and a photo of twelve megapixels are searched as OpenCV does', async (t) => {
  const { differences, windows } = await runScenario('photographs');
  t.deepEqual(differences, []);
  t.true(windows > 0);
});
