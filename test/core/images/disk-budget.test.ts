import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { z } from 'zod';
import type { ImagePage, ImageResult } from '../../../core/contract/image.js';
import type { Problem } from '../../../core/contract/problem.js';
import type { siteStatusSchema } from '../../../core/contract/site.js';
import { DiskBudget } from '../../../core/images/disk-budget.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import { ApiClient } from '../../support/api-client.js';
import { startEdge } from '../../support/edge.js';
import { enlarged } from '../../support/enlarged.js';
import { startRelay } from '../../support/relay.js';
import { renderScene } from '../../support/render-scene.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;
type SiteStatus = z.infer<typeof siteStatusSchema>;

const IMAGE = '/api/v1/objectdetection/image';

/** A JPEG of so many bytes. */
async function photo(seed: number, bytes: number): Promise<Buffer> {
  const { jpeg } = await renderScene({ width: 320, height: 180, seed, signs: [] });
  return enlarged(jpeg, bytes);
}

test('a full disk refuses uploads, while camera snapshots make room for newer ones', async (t) => {
  const folder = join(await temporaryFolder(), 'camera');
  await mkdir(folder);
  for (let i = 0; i < 8; i++)
    await writeFile(join(folder, `${i}.jpg`), await photo(i, 2_000_000 + i));
  const edge = await startEdge([
    'images.maxStoredGigabytes=0.01',
    `cameras=[{ id: door, kind: folder, path: ${folder}, loop: true, schedule: "0 0 0 1 1 *" }]`,
  ]);
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const site = async () => (await api.get<SiteStatus>(t, '/api/v1/site')).json;
  const kept = await api.upload<Analysed>(t, await photo(100, 3_000_000));
  t.is(kept.status, 200);

  const taken: (string | null)[] = [];
  for (let i = 0; i < 6; i++) {
    const { status, json } = await api.post<{ image: string | null }>(
      t,
      '/api/v1/cameras/door/snapshot',
    );
    t.is(status, 200);
    taken.push(json.image);
    t.true((await site()).disk.usedBytes <= 10_000_000);
  }
  const { json } = await api.get<ImagePage>(t, `${IMAGE}?camera=door`);
  const left = json.images.map(({ id }) => id);
  t.true(left.length >= 1 && left.length < 6);
  t.deepEqual(left, taken.toReversed().slice(0, left.length) as string[], 'the oldest went');
  t.is((await api.get(t, kept.json.image.links.original)).status, 200, 'an upload stays');

  for (let i = 0; i < 4; i++) await api.upload(t, await photo(200 + i, 2_500_000));
  const refused = await api.upload<Problem>(t, await photo(300, 2_900_000));
  t.is(refused.status, 507);
  t.is(refused.json.code, 'disk_budget_spent');
  t.truthy(refused.headers.get('Retry-After'));
  t.true((await site()).disk.usedBytes <= 10_000_000);

  t.is((await api.delete(t, kept.json.image.links.original)).status, 200);
  t.is((await api.upload(t, await photo(300, 2_900_000))).status, 200, 'a deletion frees space');
});

test('bytes that are stored already count once, and a removed image frees its bytes', async (t) => {
  const relay = await startRelay(['images.maxStoredGigabytes=0.01']);
  t.teardown(relay.stop);
  const { budget } = relay.images.store;
  const api = await ApiClient.connect(relay.url);
  const { jpeg } = await renderScene({
    width: 480,
    height: 270,
    seed: 1,
    signs: [{ cx: 200, cy: 120, size: 90 }],
  });
  const uploads = await Promise.all([1, 2, 3].map(() => api.upload<Analysed>(t, jpeg)));
  t.is(budget.usedBytes, jpeg.length);
  const [first] = uploads;
  if (!first) return t.fail('nothing was uploaded');
  const { processed } = first.json.image.links;
  const picture = (await api.get(t, processed)).bytes;
  t.is(budget.usedBytes, jpeg.length + picture.length);
  await Promise.all([1, 2, 3].map(() => api.delete(t, processed)));
  t.is(budget.usedBytes, jpeg.length);
  await Promise.all([1, 2, 3].map(() => api.get(t, processed)));
  t.is(budget.usedBytes, jpeg.length + picture.length);
  await Promise.all(uploads.map(({ json }) => api.delete(t, json.image.links.original)));
  t.is(budget.usedBytes, 0);
});

test('one budget answers how much does not fit, what the reserve is, and how old its measurement may be', async (t) => {
  let free = 5_000_000;
  let measurements = 0;
  const budget = new DiskBudget('', { maxBytes: 10_000_000, minFreeBytes: 2_000_000 }, async () => {
    measurements++;
    return free;
  });
  budget.begin(8_000_000);
  t.is(await budget.excessBytes(), -2_000_000, 'the budget is the closer limit');
  t.is(await budget.excessBytes(3_000_000), 1_000_000);
  t.true(await budget.isSpent(2_000_001));
  t.false(await budget.isSpent(2_000_000));
  await t.throwsAsync(budget.check(3_000_000), { instanceOf: ProblemError });
  t.is(measurements, 1);
  budget.add(-4_000_000);
  t.is(await budget.freeBytes(), 9_000_000, 'removed images free the disk');
  free = 1_500_000;
  t.is(await budget.measure(), 1_500_000);
  t.is(await budget.excessBytes(), 500_000, 'the disk is the closer limit');
  const least = new DiskBudget('', { maxBytes: 1, minFreeBytes: 0 }, async () => free);
  t.is(least.reserveBytes, 1_000_000, 'the database needs space, whatever the settings are');
});
