import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type {
  CameraTest,
  DiscoveredDevice,
  MotionAnswer,
  TrialAnswer,
} from '../../../../core/contract/camera-management.js';
import type { Problem } from '../../../../core/contract/problem.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import {
  challenge,
  picture,
  silence,
  startCameraServer,
} from '../../../edge/support/camera-server.js';
import { startOnvifDevice } from '../../../edge/support/onvif-device.js';
import { ApiClient } from '../../../support/api-client.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { renderScene } from '../../../support/render-scene.js';

const PATH = '/api/v1/cameras';
const scene = async (seed: number, signs: { cx: number; cy: number; size: number }[] = []) =>
  (await renderScene({ width: 640, height: 360, seed, signs })).jpeg;
const SIGN = { cx: 200, cy: 150, size: 110 };

async function start(t: ExecutionContext, settings: string[] = []) {
  const edge = await startEdge(settings);
  t.teardown(() => edge.stop());
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const push = async (camera: string, bytes: Uint8Array) => {
    const { json, status } = await api.call<{ image: string | null }>(
      t,
      'POST',
      `${PATH}/${camera}/snapshots`,
      { body: new Uint8Array(bytes), headers: { 'Content-Type': 'image/jpeg' } },
    );
    t.is(status, 200);
    return json.image;
  };
  return { edge, api, push };
}

test('draft settings are tried: the picture comes back, or what is wrong in words and what to do', async (t) => {
  const { api } = await start(t);
  const bytes = await scene(1);
  const camera = await startCameraServer(t, picture(bytes));
  const tried = async (settings: Record<string, unknown>) => {
    const draft = { kind: 'http', url: camera.url, retries: 0, timeoutSeconds: 1, ...settings };
    return (await api.post<{ test: CameraTest }>(t, `${PATH}/test`, draft)).json.test;
  };
  const good = await tried({});
  t.like(good, { outcome: 'picture', picture: { width: 640, height: 360, bytes: bytes.length } });
  t.is(
    good.outcome === 'picture' && good.picture.dataUrl,
    `data:image/jpeg;base64,${bytes.toString('base64')}`,
  );
  const { cameras } = (await api.get<{ cameras: unknown[] }>(t, PATH)).json;
  t.deepEqual(cameras, []);

  camera.answer(silence);
  t.like(await tried({}), { outcome: 'failed', code: 'timeout' });
  camera.answer(challenge('Basic realm="camera"'));
  const refused = await tried({ auth: { username: 'a', password: 'wrong' } });
  t.like(refused, { outcome: 'failed', code: 'bad_status' });
  t.regex(refused.outcome === 'failed' ? refused.advice : '', /user name and password/);
  camera.answer(picture('no picture'));
  t.like(await tried({}), { outcome: 'failed', code: 'unsupported_image_kind' });
  camera.answer(picture(bytes.subarray(0, 700)));
  const cut = await tried({});
  t.like(cut, { outcome: 'failed', code: 'image_damaged' });
  t.like(await tried({ url: 'http://127.0.0.1:1/a.jpg' }), { code: 'unreachable' });
  t.like(await tried({ kind: 'push', url: undefined, retries: undefined }), {
    outcome: 'nothing',
  });
  const invalid = await api.post<Problem>(t, `${PATH}/test`, { kind: 'http', url: 'ftp://a' });
  t.is(invalid.status, 400);
});

test('at most two tests of drafts run at a time, and one that nobody waits for ends', async (t) => {
  const { api, edge } = await start(t);
  const camera = await startCameraServer(t, silence);
  const draft = { kind: 'http', url: camera.url, retries: 0, timeoutSeconds: 3 };
  const leave = new AbortController();
  const left = fetch(`${edge.url}${PATH}/test`, {
    method: 'POST',
    body: JSON.stringify({ ...draft, timeoutSeconds: 15 }),
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${edge.adminToken}` },
    signal: leave.signal,
  });
  const second = api.post<{ test: CameraTest }>(t, `${PATH}/test`, draft);
  while (camera.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  const third = await api.post<Problem>(t, `${PATH}/test`, draft);
  t.is(third.status, 409);
  t.is(third.json.code, 'cameras_busy');
  leave.abort();
  await t.throwsAsync(left, { any: true });
  t.is((await second).json.test.outcome, 'failed');
  t.is((await api.post(t, `${PATH}/test`, draft)).status, 200);
});

test('a trial shows what draft settings would have found in the last snapshots', async (t) => {
  const { api, push } = await start(t, ['cameras=[{ id: street, kind: push }]']);
  for (const seed of [1, 2, 3]) await push('street', await scene(seed, [SIGN]));
  const image = await push(
    'street',
    await readFile(join(projectRoot(), 'samples', '4-two-signs.jpg')),
  );
  const trial = async (body: unknown) => {
    const answer = await api.post<TrialAnswer>(t, `${PATH}/street/trial`, body);
    t.is(answer.status, 200, JSON.stringify(answer.json));
    return answer.json;
  };
  const same = await trial({ settings: {}, snapshots: 100 });
  t.like(same, { analysed: 4, complete: true, next: null });
  t.is(same.before, same.after);
  t.true(same.before >= 4);
  t.is(same.snapshots[0]?.image ?? null, image);

  const strict = await trial({ settings: { minConfidence: 1 }, snapshots: 100 });
  t.is(strict.before, same.before);
  t.is(strict.after, 0);
  t.deepEqual(strict.labels, [{ label: 'stop sign', before: same.before, after: 0 }]);
  const mask = {
    kind: 'mask',
    points: [
      [0, 0],
      [0.6, 0],
      [0.6, 1],
      [0, 1],
    ],
  };
  t.true((await trial({ settings: { zones: [mask] }, snapshots: 100 })).after < same.after);

  const first = await trial({ settings: {}, snapshots: 3 });
  t.like(first, { analysed: 3, next: first.snapshots[2]?.image ?? '' });
  const last = await trial({ settings: {}, snapshots: 3, before: first.next });
  t.like(last, { analysed: 1, complete: true, next: null });

  const wrong = await api.post<Problem>(t, `${PATH}/street/trial`, {
    settings: { detectors: ['stop-sing'], zones: [{ ...mask, minConfidence: 0.4 }] },
  });
  t.is(wrong.status, 400);
  t.deepEqual(
    wrong.json.errors?.map(({ path }) => path),
    ['settings.zones.0.minConfidence'],
  );
  const unknown = await api.post<Problem>(t, `${PATH}/street/trial`, {
    settings: { detectors: ['stop-sing'] },
  });
  t.regex(unknown.json.errors?.[0]?.message ?? '', /Did you mean "stop-sign"\?/);
  t.is((await api.post(t, `${PATH}/strete/trial`, { settings: {} })).status, 404);
});

test('one trial runs at a time, and it ends when its client leaves', async (t) => {
  const { api, edge, push } = await start(t, ['cameras=[{ id: street, kind: push }]']);
  for (let seed = 1; seed <= 12; seed++) await push('street', await scene(seed, [SIGN]));
  const leave = new AbortController();
  const request = (signal?: AbortSignal) =>
    fetch(`${edge.url}${PATH}/street/trial`, {
      method: 'POST',
      body: JSON.stringify({ settings: { parameters: { workingSize: 0 } }, snapshots: 100 }),
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${edge.adminToken}` },
      ...(signal && { signal }),
    });
  const left = request(leave.signal);
  let refused = 0;
  for (let i = 0; i < 3; i++) {
    const { status, json } = await api.post<Problem>(t, `${PATH}/street/trial`, { settings: {} });
    if (status === 409 && json.code === 'cameras_busy') refused++;
  }
  t.true(refused > 0);
  leave.abort();
  await t.throwsAsync(left, { any: true });
  const free = async () => (await request()).status === 200;
  await eventually('another trial runs', free);
});

test('the values of the motion gate are shown live, and without a gate what it would measure', async (t) => {
  const { api, push } = await start(t, [
    'cameras=[{ id: gated, kind: push, motion: { threshold: 10 } }, { id: open, kind: push }]',
  ]);
  const motion = async (camera: string) =>
    (await api.get<MotionAnswer>(t, `${PATH}/${camera}/motion`)).json;
  t.like(await motion('gated'), { enabled: true, threshold: 10, last: null });
  for (const camera of ['gated', 'open']) {
    const still = await scene(1);
    await push(camera, still);
    await push(camera, still);
    const quiet = await motion(camera);
    t.is(quiet.enabled, camera === 'gated');
    t.like(quiet.last, { decision: 'skipped', change: 0, changedShare: 0 });
    await push(camera, await scene(1, [SIGN]));
    const moved = await motion(camera);
    t.is(moved.last?.decision, 'moved');
    t.true((moved.last?.change ?? 0) > moved.threshold);
    t.is(moved.last?.cells.length, (moved.last?.columns ?? 0) * (moved.last?.rows ?? 0));
    t.true((moved.last?.changedShare ?? 0) > 0 && (moved.last?.changedShare ?? 1) < 0.5);
  }
});

test.serial('cameras on the network are discovered with their addresses', async (t) => {
  await startOnvifDevice(t);
  const { api, edge } = await start(t, ['discovery.interface=lo']);
  const { json } = await api.post<{ devices: DiscoveredDevice[] }>(t, `${PATH}/discovery`, {
    auth: { username: 'viewer', password: 's3cret' },
    timeoutSeconds: 1.0001,
  });
  t.like(json.devices[0], {
    host: '127.0.0.1',
    snapshot: { url: 'http://127.0.0.1/snap.jpg?profile=main', fault: null },
    stream: { url: 'rtsp://127.0.0.1:554/main', fault: null },
    configuredAs: null,
  });
  t.is(edge.cameras.statuses().length, 0);
});
