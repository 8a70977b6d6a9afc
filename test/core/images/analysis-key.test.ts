import test from 'ava';
import type { Zone } from '../../../core/contract/zone.js';
import { analysisKey } from '../../../core/images/analysis-key.js';
import { planFor } from '../detection/detection-setup.js';

test('a result found in zones is never used for the whole image or for other zones', async (t) => {
  const plan = await planFor();
  const zone: Zone = {
    kind: 'include',
    points: [
      [0, 0],
      [1, 0],
      [1, 0.5],
    ],
  };
  const keys = [
    plan,
    { ...plan, zones: [zone] },
    { ...plan, zones: [{ ...zone, kind: 'mask' as const }] },
    { ...plan, zones: [zone, zone] },
  ].map((one) => analysisKey('abc', one));
  t.is(new Set(keys).size, keys.length);
  t.is(analysisKey('abc', { ...plan, zones: [{ ...zone, name: 'road' }] }), keys[1] ?? '');
});
