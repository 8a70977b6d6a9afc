import { readFileSync } from 'node:fs';
import test from 'ava';
import { loadShippedDetectors } from '../../../../core/detection/catalog/shipped-detectors.js';
import { parseCascade } from '../../../../core/detection/engine/parse-cascade.js';
import { manifest } from '../detection-setup.js';

test('the manifest names for each detector the engine that serves it exactly', async (t) => {
  const detectors = (await loadShippedDetectors(manifest)).filter(({ kind }) => kind === 'cascade');
  t.is(detectors.length, 13);
  for (const detector of detectors) {
    if (detector.kind !== 'cascade' || detector.status === 'refused')
      return t.fail(`${detector.id} is ${detector.status}`);
    const parsed = parseCascade(readFileSync(detector.file, 'utf8'));
    t.is(detector.engine, 'model' in parsed ? 'siteglass' : 'opencv', detector.id);
  }
});
