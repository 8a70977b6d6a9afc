import test from 'ava';
import { runScenario } from '../../../../core/detection/engine/support/run-scenario.js';

test('decoded, reduced and turned pictures have the pixels that OpenCV has', async (t) => {
  const { differences, compared } = await runScenario('pixels');
  t.deepEqual(differences, []);
  t.true(compared > 500, `only ${compared} compared`);
});
