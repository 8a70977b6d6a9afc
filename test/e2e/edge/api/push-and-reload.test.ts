import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import type { ImageResult } from '../../../../core/contract/image.js';
import type { Problem } from '../../../../core/contract/problem.js';
import type { CameraResource } from '../../../../core/contract/site.js';
import { ApiClient } from '../../../support/api-client.js';
import { startEdge } from '../../../support/edge.js';
import { renderScene } from '../../../support/render-scene.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;
interface Pushed {
  image: string | null;
}
interface Reloaded {
  cameras: Record<'added' | 'removed' | 'changed', string[]>;
  needsRestart: string[];
}

function inThreeDays(): string {
  const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
  return days[(new Date().getDay() + 3) % 7] ?? '';
}

const CAMERAS = `
cameras:
  - { id: door, kind: push, maxPerMinute: 4, maxAgeDays: 2 }
  - { id: night, kind: push, schedule: "0 0 0 29 2 *", windows: [{ days: [${inThreeDays()}], from: "00:00", to: "24:00" }] }
  - { id: left, kind: push, zones: [{ kind: mask, points: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]] }] }
  - { id: drop, kind: folder, path: /tmp }
`;

/** A sign in the left half of the picture. */
const scene = async (seed: number) =>
  (
    await renderScene({
      width: 640,
      height: 360,
      seed,
      signs: [{ cx: 200, cy: 150, size: 110 }],
    })
  ).jpeg;

async function start(t: ExecutionContext, yaml: string, settings: string[] = []) {
  const configFile = join(await temporaryFolder(t), 'edge.yaml');
  await writeFile(configFile, yaml);
  const edge = await startEdge(settings, { configFile });
  t.teardown(() => edge.stop());
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const push = (camera: string, body: NonNullable<RequestInit['body']>, type?: string) =>
    api.call<Pushed & Problem>(t, 'POST', `/api/v1/cameras/${camera}/snapshots`, {
      body,
      ...(type && { headers: { 'Content-Type': type } }),
    });
  const camera = async (id: string) =>
    (await api.get<{ camera: CameraResource }>(t, `/api/v1/cameras/${id}`)).json.camera;
  const reload = async (text: string) => {
    await writeFile(configFile, text);
    return api.post<Reloaded & Problem>(t, '/api/v1/config/reload');
  };
  return { edge, api, push, camera, reload };
}

test('a camera uploads its snapshots, as the body or in a form', async (t) => {
  const { api, push, camera } = await start(t, CAMERAS);
  const raw = await push('door', new Uint8Array(await scene(1)), 'image/jpeg');
  t.is(raw.status, 200);
  const { json } = await api.get<Analysed>(
    t,
    `/api/v1/objectdetection/image/${raw.json.image}/detections`,
  );
  t.is(json.image.camera, 'door');
  t.is(json.detections[0]?.label, 'stop sign');
  const lifetime = Date.parse(json.image.expiresAt ?? '') - Date.parse(json.image.createdAt);
  t.is(lifetime, 2 * 86_400_000);

  const form = new FormData();
  form.append('image', new Blob([new Uint8Array(await scene(2))]), 'snapshot.jpg');
  t.is((await push('door', form)).status, 200);
  t.like(await camera('door'), { state: 'online', taken: 2, circuit: 'closed' });
});

test('a camera that uploads too often is told when to retry', async (t) => {
  const { edge, push } = await start(t, CAMERAS);
  const picture = new Uint8Array(await scene(3));
  for (let i = 0; i < 4; i++) t.is((await push('door', picture, 'image/jpeg')).status, 200);
  const { status, headers, json } = await push('door', picture, 'image/jpeg');
  t.is(status, 429);
  t.is(json.code, 'rate_limited');
  t.true(Number(headers.get('Retry-After')) >= 1);
  t.is(edge.cameras.status('door').taken, 4);
});

test('an upload that a camera may not make is refused with a reason', async (t) => {
  const { push, camera, edge } = await start(t, CAMERAS);
  const picture = new Uint8Array(await scene(4));
  const code = async (...upload: Parameters<typeof push>) => (await push(...upload)).json.code;
  t.is(await code('nowhere', picture, 'image/jpeg'), 'not_found');
  t.is(await code('drop', picture, 'image/jpeg'), 'camera_takes_no_uploads');
  t.is(await code('door', 'hello', 'text/plain'), 'unsupported_request_type');
  t.is(await code('door', new Uint8Array(), 'image/jpeg'), 'missing_image');
  t.is(await code('door', 'hello', 'image/jpeg'), 'unsupported_image_kind');
  t.like(await camera('door'), { failed: 3, state: 'starting', taken: 0 });
  t.regex(
    (await camera('door')).lastError ?? '',
    /Expected an image of one of these kinds: JPEG, PNG/,
  );
  edge.cameras.pause('door');
  t.is(await code('door', picture, 'image/jpeg'), 'camera_takes_no_uploads');
});

test('outside its time windows a camera may upload, and nothing is analysed', async (t) => {
  const { push, camera } = await start(t, CAMERAS);
  const { status, json } = await push('night', new Uint8Array(await scene(5)), 'image/jpeg');
  t.deepEqual([status, json.image], [200, null]);
  t.like(await camera('night'), { taken: 0, outsideWindows: 1 });
});

test('a reload adds, removes and changes cameras, and leaves the others unchanged', async (t) => {
  const { push, camera, reload, edge } = await start(t, CAMERAS);
  await push('door', new Uint8Array(await scene(6)), 'image/jpeg');
  edge.cameras.pause('left');
  const { status, json } = await reload(`
site: elsewhere
http: { host: localhost }
cameras:
  - { id: door, kind: push, maxPerMinute: 4, maxAgeDays: 2 }
  - { id: left, kind: push, name: Left }
  - { id: yard, kind: push }
`);
  t.is(status, 200);
  t.deepEqual(json.cameras, { added: ['yard'], removed: ['night', 'drop'], changed: ['left'] });
  t.deepEqual(json.needsRestart, ['site', 'http.host']);
  t.like(await camera('door'), { taken: 1, state: 'online' });
  t.like(await camera('left'), { name: 'Left', state: 'paused' });
  t.like(await camera('yard'), { state: 'starting' });
  t.is((await push('night', 'x', 'image/jpeg')).status, 404);
});

test('an invalid configuration is refused with all its errors, and the old one stays in force', async (t) => {
  const { push, reload } = await start(t, CAMERAS);
  const { status, json } = await reload(`
site: Not A Name
cameras: [{ id: door, kind: push, maxPerMinute: 0 }, { id: gate, kind: http }]
`);
  t.is(status, 422);
  t.is(json.code, 'invalid_configuration');
  t.deepEqual(
    json.errors?.map(({ path }) => path),
    ['site', 'cameras.0.maxPerMinute', 'cameras.1.url'],
  );
  t.is((await push('night', new Uint8Array(await scene(7)), 'image/jpeg')).status, 200);
});

test('an object in a masked zone is neither reported nor stored, and is found by requests for the whole image', async (t) => {
  // Nothing listens there: the summaries wait in the outbox.
  const { edge, api, push } = await start(t, CAMERAS, ['mqtt.url=mqtt://127.0.0.1:9']);
  const picture = new Uint8Array(await scene(8));
  const left = await push('left', picture, 'image/jpeg');
  const door = await push('door', picture, 'image/jpeg');
  const db = new Sqlite(join(edge.dataFolder, 'edge.db'), { readonly: true });
  t.teardown(() => db.close());
  const rows = db.prepare('SELECT payload FROM outbox ORDER BY seq').all() as { payload: string }[];
  const reported = rows.map(({ payload }) => {
    const { camera, detections } = JSON.parse(String(payload));
    return [camera, detections.length];
  });
  t.deepEqual(reported, [
    ['left', 0],
    ['door', 1],
  ]);
  const stored = async ({ json }: typeof left) => {
    const path = `/api/v1/objectdetection/image/${json.image}/detections`;
    return (await api.get<Analysed>(t, path)).json.detections.length;
  };
  t.deepEqual([await stored(left), await stored(door)], [0, 1]);
});
