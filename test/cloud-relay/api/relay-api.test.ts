import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import anyTest, { type TestFn } from 'ava';
import { connectAsync } from 'mqtt';
import { v7 as uuid } from 'uuid';
import { decodeEnrolmentCode, hexOf } from '../../../core/contract/enrolment-code.js';
import type { FleetPage } from '../../../core/contract/fleet.js';
import type { ImageResult } from '../../../core/contract/image.js';
import type { Problem } from '../../../core/contract/problem.js';
import type { SiteResource } from '../../../core/contract/site.js';
import type { UplinkRecord } from '../../../core/contract/summary.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { ApiClient } from '../../support/api-client.js';
import { eventually } from '../../support/eventually.js';
import { type RunningRelay, startRelay } from '../../support/relay.js';
import { renderScene } from '../../support/render-scene.js';
import {
  accessRoles,
  checkRoles,
  notificationRoles,
  rolesOutsideApi,
} from '../../support/roles.js';
import { useAccess } from '../../support/use-access.js';
import { useNotifications } from '../../support/use-notifications.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;

interface Context {
  relay: RunningRelay;
  clock: { now: number };
  /** Somebody from the public, and the administrator. */
  anybody: ApiClient;
  admin: ApiClient;
}

const test = anyTest as TestFn<Context>;
const API = '/api/v1';
const ENROLMENT = `enrolment={ url: "https://relay.example", fingerprint: ${'ab'.repeat(32)}, brokerUrl: "mqtts://relay.example" }`;
const IMAGE = `${API}/objectdetection/image`;
const HOUR_MS = 3_600_000;

test.before(async (t) => {
  const clock = { now: Date.parse('2026-05-04T12:00:00Z') };
  const relay = await startRelay(
    [
      ENROLMENT,
      'notifications.allowOwnMachine=true',
      'demo={ uploadsPerMinute: 1000, requestsPerMinute: 1000 }',
      'mqtt.embedded.readers=[{ username: wall-display, password: a-wall-password }]',
    ],
    { clock: () => clock.now },
  );
  const anybody = await ApiClient.connect(relay.url);
  t.context = {
    relay,
    clock,
    anybody,
    admin: await ApiClient.connect(relay.url, relay.adminToken),
  };
});

test.after.always(async (t) => {
  await t.context.relay?.stop();
});

const scene = (seed: number) =>
  renderScene({ width: 480, height: 270, seed, signs: [{ cx: 200, cy: 120, size: 90 }] });

test.serial('the relay describes itself in valid OpenAPI 3.1', async (t) => {
  const { valid, errors } = await new Validator().validate({ ...t.context.admin.document });
  t.true(valid, JSON.stringify(errors));
});

test.serial('anyone can upload an image and use it by its id', async (t) => {
  const { anybody } = t.context;
  const { jpeg } = await scene(1);
  const headers = { Prefer: 'respond-async' };
  const pending = await anybody.upload<ImageResult>(t, jpeg, {}, { headers });
  t.is(pending.status, 202);
  const { links } = pending.json.image;
  t.is((await anybody.get(t, links.processed)).status, 200);
  t.is((await anybody.get(t, `${links.original}/thumbnail?width=160`)).status, 200);
  const found = await anybody.get<Analysed>(t, links.detections);
  t.is(found.json.detections.length, 1);
  t.deepEqual((await anybody.get(t, links.original)).bytes, jpeg);
  t.is((await anybody.delete(t, links.processed)).status, 200);
  t.is((await anybody.delete(t, links.original)).status, 200);
  t.is((await anybody.get(t, links.original)).status, 404);
  t.is((await anybody.get(t, `${API}/objectdetection/detectors`)).status, 200);
  for (const path of ['detection', 'face', 'custom/stop-sign'])
    t.is((await anybody.upload(t, jpeg, {}, { path: `/v1/vision/${path}` })).status, 200);
  t.is((await anybody.get(t, '/v1/vision/custom/list')).status, 200);
  t.is((await anybody.post(t, '/v1/vision/custom/list')).status, 200);
  for (const base of ['/v1/status', '/v1/server/status'])
    for (const path of ['', '/ping', '/version', '/updateavailable'])
      t.is((await anybody.get(t, `${base}${path}`)).status, 200);
});

test.serial('nobody can list the images of others', async (t) => {
  const { anybody, admin } = t.context;
  const { json } = await anybody.upload<Analysed>(t, (await scene(2)).jpeg);
  const refused = await anybody.get<Problem>(t, IMAGE);
  t.is(refused.json.code, 'unauthorized');
  const list = await admin.get<{ images: { id: string }[] }>(t, IMAGE);
  t.true(list.json.images.some(({ id }) => id === json.image.id));
});

test.serial('an upload expires after an hour, and its bytes soon after', async (t) => {
  const { anybody, clock, relay } = t.context;
  const { json } = await anybody.upload<Analysed>(t, (await scene(3)).jpeg);
  const { id, sha256, expiresAt, links } = json.image;
  t.is(Date.parse(expiresAt ?? ''), clock.now + HOUR_MS);
  const originals = async () =>
    (await readdir(join(relay.dataFolder, 'images'), { recursive: true })).filter((name) =>
      name.endsWith(sha256),
    );
  t.is((await anybody.get(t, links.processed)).status, 200);
  clock.now += HOUR_MS - 1;
  await relay.images.expiry.sweep();
  t.is((await anybody.get(t, links.original)).status, 200);
  clock.now += 1;
  for (const link of Object.values(links)) t.is((await anybody.get(t, link)).status, 404, link);
  t.is((await anybody.delete(t, links.original)).status, 404);
  t.is((await originals()).length, 1);
  await relay.images.expiry.sweep();
  t.deepEqual(await originals(), []);
  t.is(relay.images.store.budget.usedBytes, 0);
  const list = await t.context.admin.get<{ images: { id: string }[] }>(t, IMAGE);
  t.false(list.json.images.some((image) => image.id === id));
});

/** What an appliance would report of a snapshot with so many signs. */
function record(seq: number, takenAt: number, signs: number, epoch: string): UplinkRecord {
  const detection = {
    label: 'stop sign',
    detector: 'stop-sign',
    box: { x: 1, y: 2, width: 30, height: 30 },
    confidence: 0.75,
    neighbors: 9,
    score: 1.5,
  };
  const summary = {
    camera: 'door',
    snapshot: uuid(),
    takenAt: new Date(takenAt).toISOString(),
    width: 640,
    height: 360,
    detections: Array.from({ length: signs }, () => detection),
    analysisMs: 12,
  };
  return { v: 1, epoch, seq, first: 1, summary };
}

test.serial('a site cannot take the name of an account that is not a site', async (t) => {
  const { admin } = t.context;
  for (const id of ['siteglass-relay', 'wall-display']) {
    const { status, json } = await admin.post<Problem>(t, `${API}/sites`, { id });
    t.is(status, 409, id);
    t.is(json.code, 'conflict');
    t.is((await admin.get(t, `${API}/sites/${id}`)).status, 404);
  }
});

test.serial(
  'a site is provisioned, reports, is queried, and is removed with everything it reported',
  async (t) => {
    const { admin, relay, clock } = t.context;
    const created = await admin.post<{ id: string; password: string }>(t, `${API}/sites`, {
      id: 'harbour',
    });
    t.is(created.status, 201);
    t.is((await admin.post<Problem>(t, `${API}/sites`, { id: 'harbour' })).json.code, 'conflict');
    t.is((await admin.post(t, `${API}/sites`, { id: 'No Name' })).status, 400);
    t.is((await admin.post(t, `${API}/sites`, { id: 'a', colour: 'red' })).status, 400);
    t.is((await admin.post(t, `${API}/sites`)).status, 415);
    const huge = await admin.post<Problem>(t, `${API}/sites`, { id: 'a'.repeat(100_000) });
    t.is(huge.json.code, 'too_many_bytes');

    const { password } = created.json;
    const client = await connectAsync(relay.brokerUrl, {
      clientId: 'siteglass-harbour',
      username: 'harbour',
      password,
      reconnectPeriod: 0,
    });
    t.teardown(() => client.endAsync(true));
    await client.publishAsync('siteglass/harbour/availability', 'online', { qos: 1, retain: true });
    const epoch = crypto.randomUUID();
    const start = clock.now - 3_600_000;
    for (const seq of [1, 2, 3]) {
      const text = JSON.stringify(record(seq, start + seq * 1_000, seq - 1, epoch));
      await client.publishAsync('siteglass/harbour/up', text, { qos: 1 });
    }
    const site = async () =>
      (await admin.get<{ site: SiteResource }>(t, `${API}/sites/harbour`)).json.site;
    await eventually('three summaries', async () => (await site()).summaries === 3);
    t.like(await site(), { availability: 'online', provisioned: true, detections: 3 });
    const all = await admin.get<{ sites: SiteResource[] }>(t, `${API}/sites`);
    t.deepEqual(
      all.json.sites.map(({ id }) => id),
      ['harbour'],
    );

    const path = `${API}/sites/harbour/summaries`;
    type Page = { summaries: { takenAt: string; detections: unknown[] }[]; next: string | null };
    const counts = async (query: string) =>
      (await admin.get<Page>(t, `${path}?${query}`)).json.summaries.map((s) => s.detections.length);
    const page = await admin.get<Page>(t, `${path}?limit=2`);
    t.is(page.json.summaries.length, 2);
    t.deepEqual(await counts(`limit=2&after=${page.json.next}`), [0]);
    t.deepEqual(await counts('label=stop%20sign'), [2, 1]);
    const unknown = await admin.get<Problem>(t, `${path}?camera=dor`);
    t.like(unknown, { status: 400, json: { code: 'invalid_parameter' } });
    t.deepEqual(unknown.json.errors, [
      { path: 'camera', message: 'there is no camera "dor". Did you mean "door"? Valid: door' },
    ]);
    t.deepEqual(await counts('camera=door&to=2020-01-01T00:00:00Z'), []);
    t.deepEqual(await counts('label=not%20seen%20yet'), []);
    t.deepEqual(await counts(`from=${new Date(start + 3_000).toISOString()}`), [2]);
    t.is((await admin.get(t, `${path}?after=nonsense`)).status, 400);

    const days = await admin.get<{ days: { label: string; detections: number }[] }>(
      t,
      `${API}/sites/harbour/totals`,
    );
    t.like(days.json.days[0], {
      day: '2026-05-04',
      label: 'stop sign',
      summaries: 2,
      detections: 3,
    });
    const totals = await admin.get<object>(t, `${API}/totals`);
    t.like(totals.json, { sites: 1, online: 1, summaries: 3, detections: 3 });

    await client.publishAsync('siteglass/harbour/up', JSON.stringify(record(6, start, 0, epoch)), {
      qos: 1,
    });
    await eventually('a fourth', async () => (await site()).summaries === 4);
    const gaps = await admin.get<{ gaps: object[]; truncated: boolean }>(
      t,
      `${API}/sites/harbour/gaps`,
    );
    t.false(gaps.json.truncated);
    t.is(gaps.json.gaps.length, 1);
    t.like(gaps.json.gaps[0], { kind: 'missing', epoch, from: 4, to: 5, count: 2, reason: null });

    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    const renewed = await admin.post<{ password: string }>(t, `${API}/sites/harbour/password`);
    t.is(renewed.status, 200);
    t.not(renewed.json.password, created.json.password);
    await closed;
    t.is((await admin.post(t, `${API}/sites/nowhere/password`)).status, 404);

    t.is((await admin.delete(t, `${API}/sites/harbour`)).status, 200);
    t.is((await admin.get(t, `${API}/sites/harbour`)).status, 404);
    t.is((await admin.get(t, path)).status, 404);
    t.is((await admin.delete(t, `${API}/sites/harbour`)).status, 404);
    t.like((await admin.get<object>(t, `${API}/totals`)).json, { sites: 0, summaries: 0 });
  },
);

test.serial('the operations calls answer', async (t) => {
  for (const path of ['/healthz', '/readyz', '/metrics'])
    t.is((await t.context.admin.get(t, path)).status, 200);
  t.is((await t.context.anybody.get(t, '/metrics')).status, 401);
});

test.serial('a site enrols with a code, changes its password, and is revoked', async (t) => {
  const { anybody, admin } = t.context;
  const site = `${API}/sites/quay`;
  const offered = await admin.post<{ code: string }>(t, `${site}/enrolment`);
  t.is(offered.status, 201);
  const code = decodeEnrolmentCode(offered.json.code);
  if ('fault' in code) throw new Error(code.fault);
  const [first, second] = ['a', 'b'].map((letter) => letter.repeat(40));
  const exchange = { secret: hexOf(code.secret), site: 'quay', password: first };
  const wrong = { ...exchange, secret: '0'.repeat(30) };
  t.is((await anybody.post(t, `${API}/enrolment`, wrong)).status, 403);
  t.is((await anybody.post(t, `${API}/enrolment`, { ...exchange, site: 'other' })).status, 403);
  t.is((await anybody.post(t, `${API}/enrolment`, exchange)).status, 200);
  t.is((await anybody.post(t, `${API}/enrolment`, exchange)).status, 200, 'the answer was lost');
  t.is((await anybody.post(t, `${API}/enrolment`, { ...exchange, password: second })).status, 403);
  const ask = (body: object) => anybody.post<{ rotate: boolean }>(t, `${site}/credentials`, body);
  t.false((await ask({ password: first })).json.rotate);
  t.is((await admin.post(t, `${site}/rotation`)).status, 200);
  t.true((await ask({ password: first })).json.rotate);
  t.is((await ask({ password: first, next: second })).status, 200);
  t.is((await ask({ password: first, next: second })).status, 200, 'the answer was lost');
  t.false((await ask({ password: second })).json.rotate);
  t.is((await ask({ password: first })).status, 403);
  t.is((await admin.post(t, `${site}/revocation`)).status, 200);
  t.is((await ask({ password: second })).status, 403);
  t.is((await admin.post(t, `${API}/sites/nowhere/rotation`)).status, 404);
  t.is((await admin.post(t, `${API}/sites/nowhere/revocation`)).status, 404);
});

test.serial('the demo has its limits, and the fleet its sites with their cameras', async (t) => {
  const { admin, anybody, relay } = t.context;
  t.is((await anybody.get(t, `${API}/demo`)).status, 200);
  await relay.fleet.createSite('pier');
  const { json } = await admin.get<FleetPage>(t, `${API}/fleet`);
  t.true(json.sites.some(({ id }) => id === 'pier'));
  t.is(json.next, null);
  t.is((await admin.get(t, `${API}/sites/pier/cameras`)).status, 200);
  t.is((await admin.get(t, `${API}/sites/nowhere/cameras`)).status, 404);
  t.is((await admin.get(t, `${API}/fleet?limit=201`)).status, 400);
  t.is((await admin.get(t, `${API}/fleet/cameras?site=pier`)).status, 200);
  await relay.fleet.removeSite('pier');
});

test.serial('a detector is added, changed and removed', async (t) => {
  const { admin } = t.context;
  const cascade = await readFile(join(projectRoot(), 'cascades', 'stop-sign.xml'));
  const path = `${API}/objectdetection/detectors`;
  const options = { path, file: { field: 'file' } };
  t.is((await admin.upload(t, cascade, { name: 'lorry' }, options)).status, 201);
  t.is((await admin.get(t, `${path}/lorry`)).status, 200);
  t.is((await admin.put(t, `${path}/lorry`, { title: 'Lorries' })).status, 200);
  t.is((await admin.delete(t, `${path}/lorry`)).status, 200);
});

test.serial('people log in, and administrators manage users, sessions and tokens', async (t) => {
  await useAccess(t, t.context.admin);
});

test.serial(
  'rules and ways of notifications are managed, and what they tell arrives',
  async (t) => {
    await useNotifications(t, t.context.admin);
  },
);

test.serial('every documented operation has succeeded at least once', (t) => {
  const { anybody, admin } = t.context;
  const left = anybody.unseen().filter((operation) => admin.unseen().includes(operation));
  t.deepEqual(left, []);
});

test.serial('each call needs its role and no more', async (t) => {
  const { relay } = t.context;
  const site = `${API}/sites/{site}`;
  await checkRoles(t, await ApiClient.connect(relay.url), relay.tokens, {
    [`post ${IMAGE}`]: 'anonymous',
    [`get ${IMAGE}`]: 'viewer',
    [`get ${IMAGE}/{id}`]: 'anonymous',
    [`get ${IMAGE}/{id}/processed`]: 'anonymous',
    [`get ${IMAGE}/{id}/thumbnail`]: 'anonymous',
    [`get ${IMAGE}/{id}/detections`]: 'anonymous',
    [`delete ${IMAGE}/{id}`]: 'anonymous',
    [`delete ${IMAGE}/{id}/processed`]: 'anonymous',
    [`get ${API}/objectdetection/detectors`]: 'anonymous',
    [`get ${API}/objectdetection/detectors/{id}`]: 'anonymous',
    [`post ${API}/objectdetection/detectors`]: 'admin',
    [`put ${API}/objectdetection/detectors/{id}`]: 'admin',
    [`delete ${API}/objectdetection/detectors/{id}`]: 'admin',
    [`get ${API}/demo`]: 'anonymous',
    [`get ${API}/fleet`]: 'viewer',
    [`get ${API}/fleet/cameras`]: 'viewer',
    [`get ${site}/cameras`]: 'viewer',
    [`get ${API}/sites`]: 'viewer',
    [`post ${API}/sites`]: 'admin',
    [`get ${site}`]: 'viewer',
    [`delete ${site}`]: 'admin',
    [`post ${site}/password`]: 'admin',
    [`post ${site}/enrolment`]: 'admin',
    [`post ${site}/rotation`]: 'admin',
    [`post ${site}/revocation`]: 'admin',
    [`post ${site}/credentials`]: 'anonymous',
    'post /api/v1/enrolment': 'anonymous',
    [`get ${site}/summaries`]: 'viewer',
    [`get ${site}/gaps`]: 'viewer',
    [`get ${site}/totals`]: 'viewer',
    [`get ${API}/totals`]: 'viewer',
    ...accessRoles,
    ...notificationRoles,
    ...rolesOutsideApi('anonymous'),
  });
});
