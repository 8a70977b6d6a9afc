import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { DetectorResource } from '../../../core/contract/detection.js';
import type { ImageResult } from '../../../core/contract/image.js';
import { ApiClient } from '../../support/api-client.js';
import { eventually } from '../../support/eventually.js';
import { childrenOf } from '../../support/program.js';
import { startRelay } from '../../support/relay.js';
import { renderScene } from '../../support/render-scene.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;

const DETECTORS = '/api/v1/objectdetection/detectors';
const later = { headers: { Prefer: 'respond-async' } };

const withSign = async (seed: number) => {
  const signs = [{ cx: 200, cy: 120, size: 90 }];
  return (await renderScene({ width: 480, height: 270, seed, signs })).jpeg;
};

async function start(t: ExecutionContext) {
  const relay = await startRelay([
    'demo={ uploadsPerMinute: 1000, requestsPerMinute: 10000, workerSecondsPerMinute: 600 }',
  ]);
  t.teardown(relay.stop);
  const api = await ApiClient.connect(relay.url);
  const settled = (links: Analysed['image']['links']) =>
    eventually('it is settled', async () => {
      const { json } = await api.get<ImageResult>(t, links.detections);
      return json.status !== 'PENDING' && json;
    });
  return { relay, api, settled, store: relay.images.store };
}

test.serial('images that cannot be analysed say so, and block none that can', async (t) => {
  const { relay, api, settled, store } = await start(t);
  const { json } = await api.get<{ detectors: DetectorResource[] }>(t, DETECTORS);
  const detector = json.detectors.find(({ id }) => id === 'stop-sign');
  const { id, label, parameters, sha256 } = detector ?? t.fail('there is no such detector');
  const planFor = (engine: string) =>
    JSON.stringify({
      detectors: [{ id, label, parameters, sha256, file: 'anywhere.xml', engine }],
      preparation: { workingSize: 1280, orientations: [0] },
    });
  /** An image that waits, as one that was uploaded to an earlier version does. */
  const waiting = async (seed: number, plan: string) => {
    const { image } = (await api.upload<Analysed>(t, await withSign(seed))).json;
    await store.db.deleteFrom('analysis').where('sha256', '=', image.sha256).execute();
    await store.db.updateTable('image').set({ plan }).where('id', '=', image.id).execute();
    return image;
  };
  const worker = await waiting(1, planFor('an engine that is gone'));
  const plan = await waiting(2, '{');
  const unreadable = await waiting(3, planFor('siteglass'));
  const shard = unreadable.sha256.slice(0, 2);
  const file = join(relay.dataFolder, 'images', 'originals', shard, unreadable.sha256);
  await rm(file);
  // Its first page is never mapped: reading it is EIO, as from a bad disk.
  await symlink('/proc/self/mem', file);

  const good = await api.upload<ImageResult>(t, await withSign(4), {}, later);
  t.is(good.status, 202);
  t.is((await settled(good.json.image.links)).status, 'OK');
  for (const [{ links }, code] of [
    [worker, 'internal'],
    [plan, 'internal'],
    [unreadable, 'analysis_failed'],
  ] as const) {
    const result = await settled(links);
    t.is(result.status === 'FAILED' && result.problem.code, code);
  }
});

test.serial('an image that is removed during its analysis leaves nothing behind', async (t) => {
  const { relay, api, settled, store } = await start(t);
  const [worker] = await childrenOf(process.pid);
  if (worker === undefined) return t.fail('there is no worker');
  process.kill(worker, 'SIGSTOP');
  const removed = await api.upload<ImageResult>(t, await withSign(5), {}, later);
  const beside = api.upload<Analysed>(t, await withSign(6));
  const admin = await ApiClient.connect(relay.url, relay.adminToken);
  await eventually('one has the worker, and the other one waits for it', async () =>
    /^siteglass_detection_queue_depth 1$/m.test(String((await admin.get(t, '/metrics')).bytes)),
  );
  t.is((await api.delete(t, removed.json.image.links.original)).status, 200);
  process.kill(worker, 'SIGCONT');
  const next = await api.upload<ImageResult>(t, await withSign(7), {}, later);
  t.is((await settled(next.json.image.links)).status, 'OK', 'it has had its turn');

  const { sha256 } = removed.json.image;
  const others = [(await beside).json, next.json].map(({ image }) => image.sha256);
  const kept = await store.db.selectFrom('analysis').select('sha256').execute();
  t.deepEqual(kept.map((row) => row.sha256).sort(), others.sort());
  await relay.images.expiry.sweep();
  t.is(await store.original(sha256), undefined);
});
