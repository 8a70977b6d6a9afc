import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import type { ImagePage } from '../../../core/contract/image.js';
import type { Problem } from '../../../core/contract/problem.js';
import type { SightingPage } from '../../../core/contract/sighting.js';
import type { CameraResource } from '../../../core/contract/site.js';
import { damagedJpegs, wholeJpegs } from '../../fakes/damaged-pictures.js';
import { ApiClient } from '../../support/api-client.js';
import { startEdge } from '../../support/edge.js';
import { renderScene } from '../../support/render-scene.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SCENE = { width: 640, height: 360, seed: 1, signs: [{ cx: 200, cy: 230, size: 110 }] };

/** An appliance with one camera, which gives the picture that `show` was called with last. */
async function start(t: ExecutionContext, settings: string) {
  let shown: Buffer = Buffer.alloc(0);
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'image/jpeg').end(shown);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const configFile = join(await temporaryFolder(t), 'edge.yaml');
  const url = `http://127.0.0.1:${port}/snap`;
  await writeFile(
    configFile,
    `cameras:\n  - { id: gate, kind: http, url: "${url}", retries: 0, schedule: "0 0 1 1 *"${settings} }\n`,
  );
  const edge = await startEdge([], { configFile });
  t.teardown(() => edge.stop());
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const take = (bytes: Buffer) => {
    shown = bytes;
    return api.call<Problem>(t, 'POST', '/api/v1/cameras/gate/snapshot');
  };
  const sightings = async () => (await api.get<SightingPage>(t, '/api/v1/sightings')).json;
  const camera = async () =>
    (await api.get<{ camera: CameraResource }>(t, '/api/v1/cameras/gate')).json.camera;
  const { jpeg } = await renderScene(SCENE);
  return { api, take, sightings, camera, jpeg };
}

test('parts of pictures of a camera are refused and counted, and no object leaves because of them', async (t) => {
  const { api, take, sightings, camera, jpeg } = await start(t, '');
  for (let i = 0; i < 3; i++) t.is((await take(jpeg)).status, 200);
  const before = await sightings();
  t.is(before.sightings.length, 1);
  const parts = Object.values(damagedJpegs);
  for (const part of parts) {
    const { status, json } = await take(part(jpeg));
    t.is(status, 502);
    t.regex(json.detail ?? '', /The image is damaged: \d\d? % of it is whole/);
  }
  const { lastError, failed, damaged, taken } = await camera();
  t.regex(lastError ?? '', /^The image is damaged/);
  t.like({ failed, damaged, taken }, { failed: parts.length, damaged: parts.length, taken: 3 });
  t.deepEqual(await sightings(), before);
  const metrics = (await api.get(t, '/metrics')).bytes.toString();
  t.regex(
    metrics,
    new RegExp(`siteglass_camera_damaged_snapshots{camera="gate"} ${parts.length}\n`),
  );
  for (const change of Object.values(wholeJpegs)) t.is((await take(change(jpeg))).status, 200);
  t.is((await camera()).lastError, null);
  t.like((await sightings()).sightings[0], { id: before.sightings[0]?.id });
});

test('a camera that accepts damaged pictures shows them, and what they do not show stays', async (t) => {
  const { api, take, sightings, camera, jpeg } = await start(t, ', damaged: accept');
  for (let i = 0; i < 3; i++) t.is((await take(jpeg)).status, 200);
  const [present] = (await sightings()).sightings;
  const half = damagedJpegs['10 % and an end marker']?.(jpeg) ?? jpeg;
  for (let i = 0; i < 5; i++) t.is((await take(half)).status, 200);
  t.like(await camera(), { failed: 0, damaged: 5, taken: 8 });
  t.like((await sightings()).sightings[0], { id: present?.id, state: present?.state });
  const page = await api.get<ImagePage>(t, '/api/v1/objectdetection/image?camera=gate');
  t.is(page.json.images.filter(({ damaged }) => damaged).length, 5);
});

test('no object leaves or appears because the camera changes the size of its pictures', async (t) => {
  const { take, sightings, jpeg } = await start(t, '');
  const larger = await sharp(jpeg).resize(1280, 720).jpeg().toBuffer();
  for (const picture of [jpeg, jpeg, larger, larger, larger, larger, jpeg, jpeg, jpeg, jpeg])
    t.is((await take(picture)).status, 200);
  const { sightings: all } = await sightings();
  t.is(all.length, 1);
  t.not(all[0]?.state, 'left');
});
