import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ImagePage } from '../../../core/contract/image.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { ApiClient } from '../../support/api-client.js';
import { startBroker } from '../../support/delivery-fixtures.js';
import { startEdge, temporaryFolder } from '../../support/edge.js';
import { eventually } from '../../support/eventually.js';

const IMAGE = '/api/v1/objectdetection/image';
const MINUTE = 60_000;

/** An appliance whose every image is too old at the first sweep, five minutes after it was taken. */
async function setUp(t: ExecutionContext, names: string[], more: string[] = []) {
  const folder = join(await temporaryFolder(), 'street');
  await mkdir(folder, { recursive: true });
  for (const [i, name] of names.entries())
    await copyFile(join(projectRoot(), 'samples', name), join(folder, `${i}.jpg`));
  const camera = `{ id: street, kind: folder, path: ${folder}, loop: true, schedule: "0 0 0 1 1 *" }`;
  const time = { ahead: 0 };
  const settings = [`cameras=[${camera}]`, `retention.maxAgeDays=${1 / 1440}`, ...more];
  const edge = await startEdge(settings, { clock: () => Date.now() + time.ahead });
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const shown: string[] = [];
  for (const _ of names) shown.push((await edge.cameras.snapshotNow('street')) ?? '');
  const kept = async () => {
    const { json } = await api.get<ImagePage>(t, IMAGE);
    return json.images.map(({ id }) => id).sort();
  };
  const sweep = () => {
    time.ahead = 5 * MINUTE;
    return edge.retention.sweep();
  };
  return { edge, shown, kept, sweep };
}

const [EMPTY, SIGN] = ['1-empty-street.jpg', '3-sign-near.jpg'];

test('the best picture of an open sighting outlives its age; the others go', async (t) => {
  const { shown, kept, sweep } = await setUp(t, [SIGN, SIGN, EMPTY]);
  const { aged } = await sweep();
  t.is(aged, 2);
  t.deepEqual(await kept(), [shown[0] ?? '']);
});

test('pictures whose summary waits for the relay stay; once it is settled they go', async (t) => {
  const { url, broker } = await startBroker(t);
  const waiting = await setUp(t, [EMPTY, SIGN], ['mqtt={ url: "mqtt://127.0.0.1:1" }']);
  t.is((await waiting.sweep()).aged, 0);
  t.deepEqual(await waiting.kept(), [...waiting.shown].sort());
  const settled = await setUp(t, [EMPTY, SIGN], [`mqtt={ url: "${url}", settleOn: broker }`]);
  await eventually('all is settled', async () => {
    await settled.sweep();
    return (await settled.kept()).length === 0;
  });
  t.true(broker.connections > 0);
});
