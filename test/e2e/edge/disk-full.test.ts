import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { z } from 'zod';
import type { ImageResult } from '../../../core/contract/image.js';
import type { siteStatusSchema, syncSchema } from '../../../core/contract/site.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { ApiClient } from '../../support/api-client.js';
import { startBroker } from '../../support/broker.js';
import { startEdge } from '../../support/edge.js';
import { eventually } from '../../support/eventually.js';
import { renderScene } from '../../support/render-scene.js';
import { smallDisk } from '../../support/small-disk.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testWithMount } from '../../support/test-with-mount.js';

const API = '/api/v1';

testWithMount(
  'a full disk leaves the appliance up and degraded, and it recovers automatically when there is space',
  async (t) => {
    const disk = await smallDisk(t, 12);
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
      { dataFolder: join(disk.folder, 'data') },
    );
    t.teardown(() => edge.stop());
    const api = await ApiClient.connect(edge.url, edge.adminToken);
    const sync = async () => (await api.get<z.infer<typeof syncSchema>>(t, `${API}/sync`)).json;
    const site = async () =>
      (await api.get<z.infer<typeof siteStatusSchema>>(t, `${API}/site`)).json;
    const unstored = async () => {
      const { bytes } = await api.get(t, '/metrics');
      return Number(/^siteglass_snapshots_unstored_total (\d+)/m.exec(String(bytes))?.[1]);
    };
    await eventually('a first summary', async () => (await sync()).lastSeq >= 2);

    const sign = await readFile(join(projectRoot(), 'samples', '3-sign-near.jpg'));
    const { json: found } = await api.upload<ImageResult>(t, sign);

    disk.fill();
    for (const range of ['', 'bytes=0-9']) {
      const picture = await api.get(t, found.image.links.processed, range ? { Range: range } : {});
      t.is(picture.status, range ? 206 : 200, 'a picture is drawn though it cannot be kept');
      t.deepEqual([...picture.bytes.subarray(0, 2)], [0xff, 0xd8]);
    }
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
    const { status, json } = await api.get<{ reasons: string[] }>(t, '/readyz');
    t.is(status, 503);
    t.true(
      json.reasons.some((reason) => /disk/.test(reason)),
      json.reasons.join(),
    );
    const { bytes: metrics } = await api.get(t, '/metrics');
    t.regex(String(metrics), /^siteglass_requirement_up\{requirement="(disk|database)"\} 0$/m);
    const full = await sync();

    disk.free();
    await eventually('new summaries', async () => (await sync()).lastSeq > full.lastSeq + 1);
    await eventually('no complaint', async () =>
      (await site()).reasons.every((reason) => !reason.startsWith('the disk')),
    );
    t.is((await upload()).status, 200);
    await eventually('ready again', async () => (await api.get(t, '/readyz')).status === 200);
    const { lastSeq, acknowledgedSeq, depth } = await sync();
    t.true(depth <= lastSeq - acknowledgedSeq);
  },
);

test('a processed image is drawn even if the budget has no space to keep it', async (t) => {
  const dataFolder = await temporaryFolder();
  const before = await startEdge([], { dataFolder });
  t.teardown(() => before.stop());
  const sign = await readFile(join(projectRoot(), 'samples', '3-sign-near.jpg'));
  const api = await ApiClient.connect(before.url, before.adminToken);
  const { json } = await api.upload<ImageResult>(t, sign);
  await before.stop();

  const edge = await startEdge(['images.minFreeMegabytes=1000000'], { dataFolder });
  t.teardown(() => edge.stop());
  const spent = await ApiClient.connect(edge.url, edge.adminToken);
  t.is((await spent.upload(t, sign)).status, 507);
  const first = await spent.get(t, json.image.links.processed);
  t.is(first.status, 200);
  t.is(first.type, 'image/jpeg');
  t.false(sign.equals(first.bytes), 'with boxes');
  t.deepEqual((await spent.get(t, json.image.links.processed)).bytes, first.bytes);
  t.false(existsSync(join(dataFolder, 'images', 'processed')), 'none was kept');
});
