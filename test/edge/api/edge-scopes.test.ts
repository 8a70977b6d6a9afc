import anyTest, { type TestFn } from 'ava';
import type { Problem } from '../../../core/contract/problem.js';
import { ApiClient } from '../../support/api-client.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';
import { renderScene } from '../../support/render-scene.js';

const test = anyTest as TestFn<{ edge: RunningEdge; scoped: ApiClient; all: ApiClient }>;
const API = '/api/v1';
const IMAGE = `${API}/objectdetection/image`;

test.before(async (t) => {
  const edge = await startEdge(['cameras=[{ id: door, kind: push }, { id: yard, kind: push }]']);
  const token = await edge.tokens.create('door-only', 'operator', { cameras: ['door'] });
  t.context = {
    edge,
    scoped: await ApiClient.connect(edge.url, token),
    all: await ApiClient.connect(edge.url, edge.adminToken),
  };
});

test.after.always(async (t) => {
  await t.context.edge?.stop();
});

test.serial('a token for one camera serves this camera and no other', async (t) => {
  const { scoped, all } = t.context;
  const { jpeg } = await renderScene({ width: 160, height: 120, seed: 4, signs: [] });
  const push = async (camera: string, api: ApiClient) =>
    api.call<{ image: string }>(t, 'POST', `${API}/cameras/${camera}/snapshots`, {
      body: new Blob([new Uint8Array(jpeg)], { type: 'image/jpeg' }),
    });
  const own = await push('door', scoped);
  t.is(own.status, 200);
  const refused = await push('yard', scoped);
  t.is(refused.status, 403);
  const other = (await push('yard', all)).json.image;

  for (const path of ['', '/processed', '/detections']) {
    t.is((await scoped.get(t, `${IMAGE}/${own.json.image}${path}`)).status, 200, path);
    t.is((await scoped.get(t, `${IMAGE}/${other}${path}`)).status, 403, path);
  }
  t.is((await scoped.delete(t, `${IMAGE}/${other}/processed`)).status, 403);
  t.is((await scoped.delete(t, `${IMAGE}/${other}`)).status, 403);
  t.is((await scoped.get(t, `${IMAGE}/not-an-id`)).status, 403);
  t.is((await all.get(t, `${IMAGE}/${other}`)).status, 200);
  t.is((await scoped.delete(t, `${IMAGE}/${own.json.image}`)).status, 200);

  const list = await scoped.get<{ cameras: { id: string }[] }>(t, `${API}/cameras`);
  t.deepEqual(
    list.json.cameras.map(({ id }) => id),
    ['door'],
  );
  for (const [camera, status] of [
    ['door', 200],
    ['yard', 403],
    ['garage', 403],
  ] as const) {
    t.is((await scoped.get(t, `${API}/cameras/${camera}`)).status, status, camera);
    t.is((await scoped.post(t, `${API}/cameras/${camera}/pause`)).status, status, camera);
    t.is((await scoped.post(t, `${API}/cameras/${camera}/resume`)).status, status, camera);
    for (const path of [IMAGE, `${API}/sightings`])
      t.is((await scoped.get(t, `${path}?camera=${camera}`)).status, status, `${path} ${camera}`);
  }
  for (const path of [IMAGE, `${API}/sightings`]) {
    const { status, json } = await scoped.get<Problem>(t, path);
    t.is(status, 403);
    t.regex(json.detail ?? '', /limited to the cameras door\. Name one of them in "camera"/);
    const twice = `${path}?camera=door&camera=yard`;
    t.is((await scoped.get(t, twice)).status, 403, twice);
  }
});

test.serial('a token for one camera cannot use what belongs to the site', async (t) => {
  const { scoped } = t.context;
  const { jpeg } = await renderScene({ width: 160, height: 120, seed: 5, signs: [] });
  t.is((await scoped.upload(t, jpeg)).status, 403);
  t.is((await scoped.upload(t, jpeg, {}, { path: '/v1/vision/detection' })).status, 403);
  for (const path of ['/metrics', `${API}/site`, `${API}/sync`, `${API}/detections`])
    t.is((await scoped.get(t, path)).status, 403, path);
  const me = await scoped.get(t, `${API}/session`);
  t.like(me.json, { name: 'door-only', kind: 'token', cameras: ['door'] });
});

test.serial('a token expires, and shows when it was used', async (t) => {
  const { all } = t.context;
  const body = { name: 'week', role: 'viewer', expiresInDays: 7, cameras: ['door', 'yard'] };
  const { json } = await all.post<{ token: string }>(t, `${API}/tokens`, body);
  type Listed = {
    tokens: {
      name: string;
      cameras: string[];
      expiresAt: string;
      createdAt: string;
      lastUsedAt: string;
    }[];
  };
  const week = async () =>
    (await all.get<Listed>(t, `${API}/tokens`)).json.tokens.find(({ name }) => name === 'week');
  const listed = await week();
  t.deepEqual(listed?.cameras, ['door', 'yard']);
  t.is(Date.parse(listed?.expiresAt ?? '') - Date.parse(listed?.createdAt ?? ''), 7 * 86_400_000);
  t.is(listed?.lastUsedAt, null as unknown as string);
  const headers = { Authorization: `Bearer ${json.token}` };
  t.is((await all.get(t, `${API}/cameras`, headers)).status, 200);
  t.truthy((await week())?.lastUsedAt);
  for (const wrong of [
    { name: 'x', role: 'viewer', cameras: [] },
    { name: 'x', role: 'viewer', cameras: ['No Camera'] },
    { name: 'x', role: 'viewer', expiresInDays: 0 },
    { name: 'x', role: 'king' },
  ])
    t.is((await all.post(t, `${API}/tokens`, wrong)).status, 400, JSON.stringify(wrong));
  t.is((await all.post(t, `${API}/tokens`, body)).status, 409);
});
