import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { probe } from '../../../../core/detection/worker/probe.js';
import { Refusal } from '../../../../core/detection/worker/refusal.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { haarXml } from '../engine/support/cascade-xml.js';

const missing = () => {
  throw new Refusal('detection_unavailable', 'OpenCV does not load.');
};

test('a cascade that only OpenCV searches is refused for good where OpenCV is not installed', async (t) => {
  const file = join(await temporaryFolder(t), 'odd.xml');
  // A weight that is not an integer is not for the own engine.
  await writeFile(file, haarXml({ rects: ['0 0 12 12 -1.', '0 0 6 12 2.5'] }));
  // `detection_unavailable` would have the catalog try it again and again.
  t.throws(() => probe(missing, { file, sha256: '' }, {}), {
    instanceOf: Refusal,
    code: 'invalid_parameter',
    message: 'OpenCV does not load.',
  });
});
