import test from 'ava';
import { runScenario } from '../../../core/detection/engine/support/run-scenario.js';

test('a search in zones finds what that of the whole picture finds there, whatever the engine', async (t) => {
  t.timeout(180_000);
  const { counterexample, counted, left } = await runScenario('zones');
  t.is(counterexample, undefined);
  t.true(counted > 100 && left > 100, `${counted} detections counted, ${left} did not`);
});
