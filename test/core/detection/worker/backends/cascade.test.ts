import test from 'ava';
import { runScenario } from '../../engine/support/run-scenario.js';

test('a worker gets the same boxes and neighbors as from OpenCV, and a score with each', async (t) => {
  const { ours, opencv } = await runScenario('groupedCandidates');
  const found = ours.flat(2);
  t.true(found.length > 0);
  t.true(found.every(({ score }) => score !== null && Number.isFinite(score)));
  const withoutScores = ours.map((images) =>
    images.map((lists) => lists.map((grouped) => ({ ...grouped, score: null }))),
  );
  t.deepEqual(withoutScores, opencv);
});

test('a cascade that changed since planning is not used for the search', async (t) => {
  const changed = 'The cascade changed since it was looked up.';
  t.deepEqual(await runScenario('changedCascades'), [changed, changed, changed, changed]);
});
