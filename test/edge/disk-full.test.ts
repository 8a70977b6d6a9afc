import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { z } from 'zod';
import type { siteStatusSchema, syncSchema } from '../../core/contract/site.js';
import { projectRoot } from '../../core/runtime/project-root.js';
import { ApiClient } from '../support/api-client.js';
import { startBroker } from '../support/delivery-fixtures.js';
import { startEdge, temporaryFolder } from '../support/edge.js';
import { eventually } from '../support/eventually.js';
import { renderScene } from '../support/render-scene.js';
import { fill, smallDisk } from '../support/small-disk.js';

const API = '/api/v1';

test('a full disk leaves the appliance up and degraded, and it recovers by itself when there is room', async (t) => {
  const disk = await smallDisk(t, 12);
  if (!disk) {
    t.log('a small file system may not be mounted here, so a full disk is not tried');
    t.pass();
    return;
  }
  const street = join(await temporaryFolder(), 'street');
  await mkdir(street);
  await copyFile(join(projectRoot(), 'samples', '3-sign-near.jpg'), join(street, '1.jpg'));
  const { url } = await startBroker(t);
  const edge = await startEdge(
    [
      'site=harbour',
      `mqtt={ url: "${url}" }`,
      `cameras=[{ id: street, kind: folder, path: ${street}, loop: true, schedule: "* * * * * *" }]`,
    ],
    { dataFolder: join(disk, 'data') },
  );
  t.teardown(() => edge.stop());
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const sync = async () => (await api.get<z.infer<typeof syncSchema>>(t, `${API}/sync`)).json;
  const site = async () => (await api.get<z.infer<typeof siteStatusSchema>>(t, `${API}/site`)).json;
  const unstored = async () => {
    const { bytes } = await api.get(t, '/metrics');
    return Number(/^siteglass_snapshots_unstored_total (\d+)/m.exec(String(bytes))?.[1]);
  };
  await eventually('a first summary', async () => (await sync()).lastSeq >= 2);

  await fill(join(disk, 'filler'));
  let seed = 0;
  const upload = async () => {
    const { jpeg } = await renderScene({ width: 480, height: 270, seed: ++seed, signs: [] });
    return api.upload(t, jpeg);
  };
  await eventually('an upload is refused', async () => (await upload()).status === 507);
  await eventually('snapshots are counted', async () => (await unstored()) >= 2);
  const degraded = await site();
  t.is(degraded.status, 'degraded');
  t.true(
    degraded.reasons.some((reason) => reason.startsWith('the disk')),
    degraded.reasons.join(),
  );
  t.is((await api.get(t, '/healthz')).status, 200);
  const full = await sync();

  await rm(join(disk, 'filler'));
  await eventually('new summaries', async () => (await sync()).lastSeq > full.lastSeq + 1);
  await eventually('no complaint', async () =>
    (await site()).reasons.every((reason) => !reason.startsWith('the disk')),
  );
  t.is((await upload()).status, 200);
  const { lastSeq, acknowledgedSeq, depth } = await sync();
  t.true(depth <= lastSeq - acknowledgedSeq);
});
