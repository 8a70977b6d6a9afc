import test from 'ava';
import { runScenario } from '../../../../core/detection/engine/support/run-scenario.js';

test('a search in zones finds what a search of the whole image finds there, with every engine', async (t) => {
  t.timeout(180_000);
  const { counterexample, counted, left } = await runScenario('zones');
  t.is(counterexample, undefined);
  t.true(counted > 100 && left > 100, `${counted} detections counted, ${left} did not`);
});
