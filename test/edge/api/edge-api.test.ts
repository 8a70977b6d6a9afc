import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import anyTest, { type TestFn } from 'ava';
import type { z } from 'zod';
import type { ImagePage, ImageResult } from '../../../core/contract/image.js';
import type { Problem } from '../../../core/contract/problem.js';
import type {
  CameraResource,
  recentDetectionSchema,
  siteStatusSchema,
  syncSchema,
} from '../../../core/contract/site.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { ApiClient } from '../../support/api-client.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';
import { eventually } from '../../support/eventually.js';
import { renderScene } from '../../support/render-scene.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { useAccess } from '../../support/use-access.js';
import { useNotifications } from '../../support/use-notifications.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;
type OneCamera = { camera: CameraResource };

const test = anyTest as TestFn<{ edge: RunningEdge; api: ApiClient; folder: string }>;
const API = '/api/v1';
const IMAGE = `${API}/objectdetection/image`;
const SECRET = 'a1B2c3D4e5F6g7H8';
const NEVER = '0 0 0 1 1 *';

test.before(async (t) => {
  const folder = await temporaryFolder();
  const [street, broken] = [join(folder, 'street'), join(folder, 'broken')];
  await Promise.all([street, broken].map((path) => mkdir(path)));
  for (const name of ['1-empty-street.jpg', '3-sign-near.jpg'])
    await copyFile(join(projectRoot(), 'samples', name), join(street, name));
  await writeFile(join(broken, 'text.jpg'), 'This is no photograph at all.');
  const camera = (id: string, path: string, more: string) =>
    `{ id: ${id}, kind: folder, path: ${path}, loop: true, ${more} }`;
  const edge = await startEdge([
    `cameras=[${[
      camera('street', street, `schedule: "${NEVER}"`),
      camera('loop', street, 'schedule: "* * * * * *"'),
      camera('broken', broken, `schedule: "${NEVER}"`),
      camera('gone', join(folder, 'gone'), `schedule: "${NEVER}"`),
      `{ id: door, kind: push, pushSecret: ${SECRET} }`,
    ].join(', ')}]`,
  ]);
  t.context = { edge, api: await ApiClient.connect(edge.url, edge.adminToken), folder };
});

test.after.always(async (t) => {
  await t.context.edge?.stop();
});

test.serial('the appliance describes itself in valid OpenAPI 3.1', async (t) => {
  const { valid, errors } = await new Validator().validate({ ...t.context.api.document });
  t.true(valid, JSON.stringify(errors));
  const operations = Object.values(t.context.api.document.paths).flatMap(Object.values);
  const ids = operations.map(({ operationId }) => operationId);
  t.is(new Set(ids).size, ids.length, 'each operation has an id of its own');
});

test.serial('cameras report their state', async (t) => {
  const { json } = await t.context.api.get<{ cameras: CameraResource[] }>(t, `${API}/cameras`);
  t.deepEqual(
    json.cameras.map(({ id }) => id),
    ['street', 'loop', 'broken', 'gone', 'door'],
  );
  const one = await t.context.api.get<OneCamera>(t, `${API}/cameras/street`);
  t.like(one.json.camera, { id: 'street', kind: 'folder', name: null, taken: 0 });
  t.is((await t.context.api.get<Problem>(t, `${API}/cameras/none`)).json.code, 'not_found');
  t.is((await t.context.api.get(t, `${API}/cameras/NONE`)).status, 400);
});

test.serial('a snapshot taken now is an image of that camera, with its detections', async (t) => {
  const { api } = t.context;
  const take = () => api.post<{ image: string | null }>(t, `${API}/cameras/street/snapshot`);
  const empty = (await take()).json.image;
  const sign = (await take()).json.image;
  const found = await api.get<Analysed>(t, `${IMAGE}/${sign}/detections`);
  t.is(found.json.image.camera, 'street');
  t.is(found.json.detections.length, 1);

  const { json } = await api.get<ImagePage>(t, `${IMAGE}?camera=street`);
  t.deepEqual(
    json.images.map(({ id }) => id),
    [sign, empty],
  );
  const recent = await api.get<{ detections: z.infer<typeof recentDetectionSchema>[] }>(
    t,
    `${API}/detections?limit=500`,
  );
  const own = recent.json.detections.filter(({ camera }) => camera === 'street');
  t.is(own.length, 1);
  t.like(own[0], { image: sign, label: 'stop sign' });
  t.is((await api.get(t, `${API}/detections?limit=0`)).status, 400);
  const after = await api.get<OneCamera>(t, `${API}/cameras/street`);
  t.like(after.json.camera, { state: 'online', taken: 2, failed: 0, lastError: null });
});

test.serial('a camera that returns nothing, or not an image, says so', async (t) => {
  const { api } = t.context;
  for (let failure = 1; failure <= 3; failure++) {
    const gone = await api.post<Problem>(t, `${API}/cameras/gone/snapshot`);
    t.is(gone.json.code, 'camera_failed');
  }
  const broken = await api.post<Problem>(t, `${API}/cameras/broken/snapshot`);
  t.like(broken.json, { status: 502, code: 'camera_failed' }, 'nothing that the caller sent');
  t.truthy(broken.json.detail);
  t.is((await api.post<Problem>(t, `${API}/cameras/none/snapshot`)).status, 404);
  const { json } = await api.get<OneCamera>(t, `${API}/cameras/gone`);
  t.is(json.camera.state, 'offline');
  t.truthy(json.camera.lastError);
});

test.serial('a camera that loops over a folder continues until it is paused', async (t) => {
  const { api } = t.context;
  const images = async () =>
    (await api.get<ImagePage>(t, `${IMAGE}?camera=loop`)).json.images.length;
  await eventually('three snapshots', async () => (await images()) >= 3);
  const paused = await api.post<OneCamera>(t, `${API}/cameras/loop/pause`);
  t.is(paused.json.camera.state, 'paused');
  const status = async () => (await api.get<OneCamera>(t, `${API}/cameras/loop`)).json.camera;
  t.is((await status()).nextRunAt, null);
  const now = await api.post<{ image: string }>(t, `${API}/cameras/loop/snapshot`);
  t.truthy(now.json.image, 'also a paused camera can be asked');
  const resumed = await api.post<OneCamera>(t, `${API}/cameras/loop/resume`);
  t.is(resumed.json.camera.state, 'online');
  t.truthy((await status()).nextRunAt);
  const before = await images();
  await eventually('another snapshot', async () => (await images()) > before);
});

test.serial('the site reports its state, and that no relay is configured', async (t) => {
  const { api } = t.context;
  const site = await api.get<z.infer<typeof siteStatusSchema>>(t, `${API}/site`);
  t.like(site.json, { site: 'site', status: 'degraded', cameras: { total: 5 }, outboxDepth: 0 });
  t.true(site.json.reasons.some((reason) => reason.includes('cameras are offline')));
  t.true(site.json.disk.usedBytes > 0);
  const sync = await api.get<z.infer<typeof syncSchema>>(t, `${API}/sync`);
  t.like(sync.json, { configured: false, connected: false, depth: 0, since: null });
  for (const resource of ['system', 'system/findings', 'system/log', 'system/upgrade'])
    t.is((await api.get(t, `${API}/${resource}`)).status, 200, resource);
  for (const call of ['upgrade', 'upgrade/check'])
    t.is((await api.post(t, `${API}/system/${call}`)).status, 409, 'from its source');
  t.is((await api.post(t, `${API}/system/restart`)).status, 202);
});

test.serial(
  'images, detectors, the DeepStack form and the operations answer as described',
  async (t) => {
    const { api } = t.context;
    const { jpeg } = await renderScene({ width: 480, height: 270, seed: 70, signs: [] });
    const headers = { Prefer: 'respond-async' };
    const { json } = await api.upload<ImageResult>(t, jpeg, {}, { headers });
    t.is(json.status, 'PENDING');
    const { original, processed, detections } = json.image.links;
    t.is((await api.get(t, processed)).status, 200);
    t.is((await api.get(t, `${original}/thumbnail`)).status, 200);
    t.is((await api.get(t, detections)).status, 200);
    t.is((await api.get(t, original)).status, 200);
    t.is((await api.upload(t, jpeg)).status, 200);
    t.is((await api.delete(t, processed)).status, 200);
    t.is((await api.delete(t, original)).status, 200);
    t.is((await api.get(t, `${API}/objectdetection/detectors`)).status, 200);
    for (const path of ['detection', 'face', 'custom/stop-sign'])
      t.is((await api.upload(t, jpeg, {}, { path: `/v1/vision/${path}` })).status, 200);
    t.is((await api.get(t, '/v1/vision/custom/list')).status, 200);
    t.is((await api.post(t, '/v1/vision/custom/list')).status, 200);
    for (const base of ['/v1/status', '/v1/server/status'])
      for (const path of ['', '/ping', '/version', '/updateavailable'])
        t.is((await api.get(t, `${base}${path}`)).status, 200);
    for (const path of ['/healthz', '/readyz', '/metrics'])
      t.is((await api.get(t, path)).status, 200);
  },
);

test.serial('a camera uploads a snapshot, and the configuration is reloaded', async (t) => {
  const { api } = t.context;
  const { jpeg } = await renderScene({ width: 480, height: 270, seed: 77, signs: [] });
  const path = `${API}/cameras/door/snapshots`;
  const { json } = await api.upload<{ image: string | null }>(t, jpeg, {}, { path });
  t.truthy(json.image);
  const upload = { body: new Uint8Array(jpeg), headers: { 'Content-Type': 'image/jpeg' } };
  t.is((await api.call(t, 'PUT', path, upload)).status, 200);
  for (const method of ['POST', 'PUT'])
    t.is((await api.call(t, method, `${path}/${SECRET}`, upload)).status, 200);
  t.is((await api.post(t, `${API}/config/reload`)).status, 200);
});

test.serial('a detector is added, changed and removed', async (t) => {
  const { api } = t.context;
  const cascade = await readFile(join(projectRoot(), 'cascades', 'stop-sign.xml'));
  const path = `${API}/objectdetection/detectors`;
  const options = { path, file: { field: 'file' } };
  t.is((await api.upload(t, cascade, { name: 'lorry' }, options)).status, 201);
  t.is((await api.get(t, `${path}/lorry`)).status, 200);
  t.is((await api.put(t, `${path}/lorry`, { title: 'Lorries' })).status, 200);
  t.is((await api.delete(t, `${path}/lorry`)).status, 200);
});

test.serial('people log in, and administrators manage users, sessions and tokens', async (t) => {
  await useAccess(t, t.context.api);
});

test.serial(
  'an appliance that is not enrolled says so, and a wrong code is named as such',
  async (t) => {
    const { api } = t.context;
    t.deepEqual((await api.get(t, `${API}/enrolment`)).json, { status: 'OK', enrolment: null });
    const { status, json } = await api.post<{ code: string }>(t, `${API}/enrolment`, {
      code: 'SG1',
    });
    t.is(status, 403);
    t.is(json.code, 'enrolment_refused');
  },
);

test.serial('the whole configuration is exported as YAML', async (t) => {
  const { status, type, bytes } = await t.context.api.get(t, `${API}/config/export`);
  t.is(status, 200);
  t.is(type, 'application/yaml');
  t.regex(bytes.toString(), /^# The configuration of a Siteglass appliance/);
});

test.serial('a backup is sent as one file', async (t) => {
  const { status, type, bytes } = await t.context.api.post(t, `${API}/backup`);
  t.is(status, 200);
  t.is(type, 'application/x-tar');
  t.true(bytes.includes('edge.db'));
});

test.serial(
  'rules and ways of notifications are managed, and what they tell arrives',
  async (t) => {
    await useNotifications(t, t.context.api);
  },
);

test.serial('every documented operation has succeeded at least once', (t) => {
  // What needs cameras that see something, or a dashboard, is tested with the sightings.
  t.deepEqual(t.context.api.unseen(), [
    // They need a camera that the API manages, or snapshots: see test/e2e/edge/api.
    'post /api/v1/cameras',
    'put /api/v1/cameras/{camera}',
    'delete /api/v1/cameras/{camera}',
    'get /api/v1/cameras/{camera}/settings',
    'get /api/v1/cameras/{camera}/zones',
    'post /api/v1/cameras/{camera}/zones',
    'put /api/v1/cameras/{camera}/zones/{zone}',
    'delete /api/v1/cameras/{camera}/zones/{zone}',
    'get /api/v1/camera-revisions',
    'get /api/v1/cameras/{camera}/revisions',
    'post /api/v1/cameras/{camera}/revisions/{revision}/restore',
    'post /api/v1/cameras/test',
    'post /api/v1/cameras/discovery',
    'post /api/v1/cameras/{camera}/trial',
    'get /api/v1/cameras/{camera}/motion',
    // They need a fresh appliance: see test/e2e/edge/setup/first-run.test.ts.
    'get /api/v1/setup',
    'post /api/v1/setup',
    'get /api/v1/sightings/export.csv',
    'get /api/v1/sightings/export.coco.zip',
    // They need an installation by a package: see test/e2e/edge/system/upgrade.test.ts.
    'post /api/v1/system/upgrade',
    'post /api/v1/system/upgrade/check',
    'get /api/v1/sightings',
    'get /api/v1/sightings/days',
    'get /api/v1/sightings/{sighting}',
    'put /api/v1/sightings/{sighting}/mark',
    'get /api/v1/totals',
    'get /api/v1/events/stream',
    'get /api/v1/cameras/{camera}/latest.jpg',
    'get /api/v1/cameras/{camera}/live.mjpeg',
    'get /api/v1/cameras/{camera}/timelapse.mp4',
    'get /api/v1/live',
    'get /api/v1/pictures/{image}/{code}',
    // It needs a relay: see test/e2e/enrolment.test.ts.
    'post /api/v1/enrolment',
  ]);
});
