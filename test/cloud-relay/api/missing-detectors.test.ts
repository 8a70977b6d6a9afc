import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Readiness } from '../../../core/http/readiness.js';
import { ApiClient } from '../../support/api-client.js';
import { eventually } from '../../support/eventually.js';
import { startRelay } from '../../support/relay.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('the relay is ready without a detector of its configuration, and says which one', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'broken.xml'), '<opencv_storage>');
  const relay = await startRelay([
    `detection.folder=${folder}`,
    'detection.defaultDetectors=[yolox-nano, stop-sing, broken, face]',
    'detection.models=[yolox-nan]',
  ]);
  t.teardown(() => relay.stop());
  const anybody = await ApiClient.connect(relay.url);
  const asked = () => anybody.get<Readiness>(t, '/readyz');
  // The folder's files are tried after the start.
  await eventually(async () => (await asked()).json.reasons.some((one) => one.includes('be used')));
  const { status, json } = await asked();
  t.is(status, 200);
  t.deepEqual(json.reasons.slice(0, 3), [
    'detection.defaultDetectors: the model of "yolox-nano" is not downloaded',
    'detection.defaultDetectors: there is no detector "stop-sing". Did you mean "stop-sign"?',
    'detection.models: there is no model "yolox-nan" to download. Did you mean "yolox-nano"?',
  ]);
  t.is(json.reasons.length, 4);
  t.regex(json.reasons[3] ?? '', /^detection\.defaultDetectors: "broken" cannot be used: ./);
});
