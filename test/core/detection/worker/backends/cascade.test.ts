import test from 'ava';
import { runScenario } from '../../engine/support/run-scenario.js';

test('a worker gets the same candidates as from OpenCV, each with a score', async (t) => {
  const { ours, opencv } = await runScenario('hits');
  const hits = ours.flat(2);
  t.true(hits.length > 0);
  t.true(hits.every(({ score }) => score !== null && Number.isFinite(score)));
  const withoutScores = ours.map((images) =>
    images.map((answers) => answers.map((hit) => ({ ...hit, score: null }))),
  );
  t.deepEqual(withoutScores, opencv);
});

test('a cascade that changed since planning is not used for the search', async (t) => {
  const changed = 'The cascade changed since it was looked up.';
  t.deepEqual(await runScenario('changedCascades'), [changed, changed]);
});
