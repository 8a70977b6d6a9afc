import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type {
  CameraRevision,
  ManagedSettings,
} from '../../../../core/contract/camera-management.js';
import type { Problem } from '../../../../core/contract/problem.js';
import type { CameraResource } from '../../../../core/contract/site.js';
import { challenge, picture, startCameraServer } from '../../../edge/support/camera-server.js';
import { ApiClient } from '../../../support/api-client.js';
import { startBroker } from '../../../support/broker.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { mosquittoSub } from '../../../support/mosquitto-sub.js';
import { renderScene } from '../../../support/render-scene.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

type Settings = ManagedSettings & Problem;
interface Page {
  revisions: CameraRevision[];
  next: number | null;
}

const PATH = '/api/v1/cameras';
const SECRET = 'do not show me 4711';
const FILE_CAMERA = 'cameras: [{ id: door, kind: push }]\n';

async function start(t: ExecutionContext, yaml = FILE_CAMERA, settings: string[] = []) {
  const folder = await temporaryFolder(t);
  const dataFolder = join(folder, 'data');
  const configFile = join(folder, 'edge.yaml');
  await writeFile(configFile, yaml);
  const boot = async () => {
    const edge = await startEdge(settings, { configFile, dataFolder });
    const api = await ApiClient.connect(edge.url, edge.adminToken);
    return { edge, api };
  };
  let running = await boot();
  t.teardown(() => running.edge.stop());
  return {
    dataFolder,
    configFile,
    get edge() {
      return running.edge;
    },
    get api() {
      return running.api;
    },
    async restart() {
      await running.edge.stop();
      running = await boot();
    },
    list: async () =>
      (await running.api.get<{ cameras: CameraResource[] }>(t, PATH)).json.cameras.map(
        ({ id, declaredIn }) => [id, declaredIn],
      ),
    settings: async (id: string) =>
      (await running.api.get<Settings>(t, `${PATH}/${id}/settings`)).json,
    revisions: async (id: string) =>
      (await running.api.get<Page>(t, `${PATH}/${id}/revisions`)).json.revisions,
  };
}

test('a camera that is added over the API takes snapshots at once, is changed, and is kept over a restart', async (t) => {
  const scene = await renderScene({ width: 640, height: 360, seed: 1, signs: [] });
  const camera = await startCameraServer(t, picture(scene.jpeg));
  const site = await start(t);
  const added = await site.api.post<Settings>(t, PATH, {
    id: 'gate',
    name: 'Gate',
    kind: 'http',
    url: camera.url,
    schedule: '* * * * * *',
  });
  t.is(added.status, 201);
  t.is(added.headers.get('Location'), '/api/v1/cameras/gate');
  t.like(added.json, { declaredIn: 'api', readOnly: null, revision: 1, warnings: [] });
  t.is(added.json.settings.timeoutSeconds, 5);
  await eventually('the camera is online', async () => {
    const { json } = await site.api.get<{ camera: CameraResource }>(t, `${PATH}/gate`);
    return json.camera.state === 'online';
  });

  const { settings } = added.json;
  const changed = await site.api.put<Settings>(t, `${PATH}/gate`, {
    ...settings,
    name: 'Front gate',
    schedule: '*/5 * * * * *',
  });
  t.is(changed.status, 200);
  t.is(changed.json.revision, 2);
  await site.restart();
  t.deepEqual(await site.list(), [
    ['door', 'file'],
    ['gate', 'api'],
  ]);
  const kept = await site.settings('gate');
  t.like(kept, { declaredIn: 'api', revision: 2 });
  t.like(kept.settings, { name: 'Front gate', schedule: '*/5 * * * * *' });
  const [second, first] = await site.revisions('gate');
  t.like(second, { revision: 2, action: 'changed', current: true });
  t.deepEqual(second?.changes, [
    { path: 'name', before: 'Gate', after: 'Front gate' },
    { path: 'schedule', before: '* * * * * *', after: '*/5 * * * * *' },
  ]);
  t.like(first, { revision: 1, action: 'added', current: false, camera: 'gate' });
  t.deepEqual(first?.actor, { name: 'admin', kind: 'token' });
});

test('a camera of the file is read-only, and the answer says where to change it', async (t) => {
  const site = await start(t);
  const shown = await site.settings('door');
  t.is(shown.declaredIn, 'file');
  t.is(shown.revision, null);
  t.regex(shown.readOnly ?? '', /configuration file declares it\. Change it there/);
  const zone = {
    name: 'drive',
    kind: 'include',
    points: [
      [0, 0],
      [1, 0],
      [1, 1],
    ],
  };
  for (const refused of [
    await site.api.put<Problem>(t, `${PATH}/door`, { id: 'door', kind: 'push' }),
    await site.api.delete<Problem>(t, `${PATH}/door`),
    await site.api.post<Problem>(t, `${PATH}/door/zones`, zone),
  ]) {
    t.is(refused.status, 409);
    t.is(refused.json.code, 'camera_read_only');
    t.regex(refused.json.detail ?? '', /Change it there/);
  }
  const twice = await site.api.post<Problem>(t, PATH, { id: 'door', kind: 'push' });
  t.is(twice.status, 409);
  t.deepEqual(
    twice.json.errors?.map(({ path }) => path),
    ['id'],
  );
});

test('invalid settings are refused as in the file: each field with what is valid, and near misses', async (t) => {
  const site = await start(t);
  const refused = async (settings: unknown) => {
    const { status, json } = await site.api.post<Problem>(t, PATH, settings);
    t.is(status, 400);
    t.is(json.code, 'invalid_parameter');
    return Object.fromEntries((json.errors ?? []).map(({ path, message }) => [path, message]));
  };
  const http = { id: 'gate', kind: 'http', url: 'http://192.0.2.1/a.jpg' };
  t.like(await refused({ ...http, kind: 'htpp' }), {
    kind: 'expected one of http, mjpeg, rtsp, device, video, folder, push. Did you mean "http"?',
  });
  const many = await refused({
    ...http,
    id: 'Gate',
    shedule: 'x',
    schedule: 'every day',
    zones: [{}],
  });
  t.is(many.shedule, 'is not a known setting. Did you mean "schedule"?');
  t.regex(many.id ?? '', /expected 1 to 63 of a-z/);
  t.regex(many.schedule ?? '', /expected cron fields with seconds first/);
  t.truthy(many['zones.0.points']);
  t.regex(
    (await refused({ ...http, detectors: ['stop-sing'] }))['detectors.0'] ?? '',
    /Did you mean "stop-sign"\? Valid: stop-sign/,
  );
  t.regex(
    (await refused({ ...http, labels: ['stop sing'] })).labels ?? '',
    /Did you mean "stop sign"\?/,
  );
  t.regex((await refused({ ...http, url: 'http://a:b@192.0.2.1/' })).url ?? '', /under "auth"/);
  t.regex(
    (await refused({ ...http, auth: { username: 'a', password: { file: '/etc/shadow' } } }))[
      'auth.password'
    ] ?? '',
    /secrets in files, variables and credentials belong in the configuration file/,
  );
  t.regex(
    (await refused({ ...http, auth: { username: 'a', password: { set: true } } }))[
      'auth.password'
    ] ?? '',
    /there is none to keep; send it as text/,
  );
  t.regex(
    (await refused({ id: 'own', kind: 'folder', path: site.dataFolder })).path ?? '',
    /outside the data folder/,
  );
  t.deepEqual(await refused([]), { '': 'expected the settings of a camera' });
  t.deepEqual(await site.list(), [['door', 'file']]);
});

test('a secret is used, kept by its marker, and never returned, logged in the history or put into the database', async (t) => {
  const camera = await startCameraServer(t, challenge('Basic realm="camera"'));
  const site = await start(t);
  const settings = {
    id: 'gate',
    kind: 'http',
    url: camera.url,
    retries: 0,
    schedule: '0 0 0 1 1 *',
    auth: { username: 'viewer', password: SECRET },
  };
  const added = await site.api.post<Settings>(t, PATH, settings);
  t.is(added.status, 201);
  t.false(added.bytes.includes(SECRET));
  t.like(added.json.settings, { auth: { username: 'viewer', password: { set: true } } });
  await site.api.post(t, `${PATH}/gate/snapshot`);
  const sent = () => camera.requests.at(-1)?.headers.authorization ?? '';
  t.is(sent(), `Basic ${btoa(`viewer:${SECRET}`)}`);

  const kept = await site.api.put<Settings>(t, `${PATH}/gate`, {
    ...added.json.settings,
    name: 'Gate',
  });
  t.is(kept.status, 200);
  await site.restart();
  await site.api.post(t, `${PATH}/gate/snapshot`);
  t.is(sent(), `Basic ${btoa(`viewer:${SECRET}`)}`);
  const elsewhere = await site.api.put<Problem>(t, `${PATH}/gate`, {
    ...added.json.settings,
    url: 'http://192.0.2.9/a.jpg',
  });
  t.is(elsewhere.status, 400);
  t.regex(elsewhere.json.detail ?? '', /another host or port; send the password again/);

  const next = await site.api.put<Settings>(t, `${PATH}/gate`, {
    ...settings,
    auth: { username: 'viewer', password: 'another one' },
  });
  t.is(next.status, 200);
  const [last] = await site.revisions('gate');
  t.deepEqual(last?.changes, [
    { path: 'name', before: 'Gate', after: null },
    { path: 'auth.password', before: { set: true }, after: { set: true } },
  ]);
  for (const path of ['/gate/settings', '/gate/revisions', '/gate'])
    t.false((await site.api.get(t, `${PATH}${path}`)).bytes.includes(SECRET), path);
  const folder = join(site.dataFolder, 'edge.db.secrets');
  t.is((await stat(folder)).mode & 0o777, 0o700);
  const secrets = await readdir(folder);
  t.is(secrets.length, 2);
  for (const name of secrets) t.is((await stat(join(folder, name))).mode & 0o777, 0o600);
  for (const file of ['edge.db', 'edge.db-wal'])
    t.false((await readFile(join(site.dataFolder, file))).includes(SECRET), file);
  const backup = await site.api.call(t, 'POST', '/api/v1/backup');
  t.is(backup.status, 200);
  t.false(backup.bytes.includes(SECRET));
});

test('zones are added, moved and removed one by one, under their names', async (t) => {
  const site = await start(t);
  await site.api.post(t, PATH, { id: 'yard', kind: 'push' });
  const zone = {
    kind: 'include',
    points: [
      [0, 0],
      [1, 0],
      [1, 1],
    ],
  };
  const zones = `${PATH}/yard/zones`;
  t.is((await site.api.post(t, zones, zone)).status, 400);
  t.is((await site.api.post(t, zones, { ...zone, name: 'Drive way' })).status, 201);
  t.is((await site.api.post(t, zones, { ...zone, name: 'Drive way' })).status, 400);
  const bad = await site.api.post<Problem>(t, zones, {
    ...zone,
    name: 'a',
    points: [
      [0, 0],
      [1, 2],
      [1, 1],
    ],
  });
  t.deepEqual(
    bad.json.errors?.map(({ path }) => path),
    ['points.1.1'],
  );
  const moved = [
    [0, 0],
    [0.5, 0],
    [0.5, 1],
  ];
  const put = await site.api.put<{ zones: { id: string; zone: unknown }[]; revision: number }>(
    t,
    `${zones}/Drive%20way`,
    { ...zone, points: moved },
  );
  t.deepEqual(put.json.zones, [
    { id: 'Drive way', zone: { name: 'Drive way', kind: 'include', points: moved } },
  ]);
  const stale = await site.api.delete<Problem>(t, `${zones}/Drive%20way?revision=1`);
  t.is(stale.json.code, 'conflict');
  const unknown = await site.api.delete<Problem>(t, `${zones}/Drive`);
  t.is(unknown.status, 404);
  const gone = await site.api.delete<{ zones: unknown[] }>(
    t,
    `${zones}/Drive%20way?revision=${put.json.revision}`,
  );
  t.deepEqual(gone.json.zones, []);
  const paths = (await site.revisions('yard')).map(({ changes }) =>
    changes.map(({ path }) => path),
  );
  t.deepEqual(paths.slice(0, 3), [['zones.0'], ['zones.0.points'], ['zones.0']]);
});

test('a change is undone, and a removed camera restored with its secret', async (t) => {
  const camera = await startCameraServer(t, challenge('Basic realm="camera"'));
  const site = await start(t);
  const auth = { username: 'viewer', password: SECRET };
  const settings = { id: 'gate', kind: 'http', url: camera.url, schedule: '0 0 0 1 1 *', auth };
  await site.api.post(t, PATH, settings);
  await site.api.put(t, `${PATH}/gate`, { ...settings, minConfidence: 0.9 });
  const undone = await site.api.post<Settings>(t, `${PATH}/gate/revisions/1/restore`);
  t.is(undone.status, 200);
  t.is(undone.json.settings.minConfidence, undefined);
  t.is(undone.json.revision, 3);

  t.is((await site.api.delete(t, `${PATH}/gate`)).status, 200);
  t.deepEqual(await site.list(), [['door', 'file']]);
  await site.restart();
  const all = (await site.api.get<Page>(t, '/api/v1/camera-revisions?limit=1')).json;
  t.like(all.revisions[0], { camera: 'gate', action: 'removed', current: false });
  t.is(all.next, all.revisions[0]?.revision ?? 0);
  const back = await site.api.post<Settings>(t, `${PATH}/gate/revisions/1/restore`);
  t.is(back.status, 200);
  t.deepEqual(await site.list(), [
    ['door', 'file'],
    ['gate', 'api'],
  ]);
  await site.api.post(t, `${PATH}/gate/snapshot`);
  t.is(camera.requests.at(-1)?.headers.authorization, `Basic ${btoa(`viewer:${SECRET}`)}`);
  t.is((await site.api.post(t, `${PATH}/gate/revisions/99/restore`)).status, 404);
});

test('a reload keeps the cameras of the API; of an id that is in both, the file wins and the site says so', async (t) => {
  const site = await start(t);
  await site.api.post(t, PATH, { id: 'yard', kind: 'push', name: 'Yard of the API' });
  const reload = async (yaml: string) => {
    await writeFile(site.configFile, yaml);
    return (await site.api.post<{ warnings: string[] }>(t, '/api/v1/config/reload')).json.warnings;
  };
  t.deepEqual(await reload('cameras: [{ id: door, kind: push }, { id: side, kind: push }]\n'), []);
  t.deepEqual(await site.list(), [
    ['door', 'file'],
    ['side', 'file'],
    ['yard', 'api'],
  ]);
  const conflict = /^camera yard: the configuration file and the API both declare it/;
  const [warning = ''] = await reload('cameras: [{ id: yard, kind: push, name: Of the file }]\n');
  t.regex(warning, conflict);
  t.deepEqual(await site.list(), [['yard', 'file']]);
  const { settings, warnings } = await site.settings('yard');
  t.is(settings.name, 'Of the file');
  t.regex(warnings[0] ?? '', conflict);
  const { reasons } = (await site.api.get<{ reasons: string[] }>(t, '/api/v1/site')).json;
  t.true(reasons.some((reason) => conflict.test(reason)));
  t.deepEqual(await reload('cameras: []\n'), []);
  t.is((await site.settings('yard')).settings.name, 'Yard of the API');

  await reload('cameras: [{ id: yard, kind: push }]\n');
  t.is((await site.api.delete(t, `${PATH}/yard`)).status, 200);
  t.deepEqual(await site.list(), [['yard', 'file']]);
  t.deepEqual(await reload('cameras: []\n'), []);
  t.deepEqual(await site.list(), []);
});

test('viewers read settings, without what follows "?" in an address; only administrators change them', async (t) => {
  const site = await start(t);
  const settings = {
    id: 'gate',
    kind: 'http',
    url: 'http://192.0.2.1/a.jpg?pwd=4711',
    enabled: false,
  };
  t.is((await site.api.post(t, PATH, settings)).status, 201);
  const as = async (role: 'viewer' | 'operator', cameras?: string[]) =>
    ApiClient.connect(
      site.edge.url,
      await site.edge.tokens.create(`${role}${cameras ?? ''}`, role, cameras && { cameras }),
    );
  for (const role of ['viewer', 'operator'] as const) {
    const api = await as(role);
    const shown = await api.get<Settings>(t, `${PATH}/gate/settings`);
    t.is(
      shown.json.settings.kind === 'http' && shown.json.settings.url,
      'http://192.0.2.1/a.jpg?…',
    );
    t.is((await api.put(t, `${PATH}/gate`, settings)).status, 403);
    t.is((await api.get(t, `${PATH}/gate/revisions`)).status, 403);
    t.is((await api.post(t, `${PATH}/test`, settings)).status, 403);
  }
  const scoped = await as('viewer', ['gate']);
  t.is((await scoped.get(t, `${PATH}/gate/settings`)).status, 200);
  t.is((await scoped.get(t, `${PATH}/door/settings`)).status, 403);
  t.is((await site.settings('gate')).settings.kind, 'http');
  const { entries } = (
    await site.api.get<{ entries: { action: string; subject: string }[] }>(t, '/api/v1/audit')
  ).json;
  t.true(entries.some(({ action, subject }) => action === 'camera_added' && subject === 'gate'));
});

test('secrets that are gone, as on another machine after a restore, are named, and can be entered again', async (t) => {
  const site = await start(t);
  const settings = {
    ...{ id: 'gate', kind: 'http', url: 'http://192.0.2.1/a.jpg', enabled: false },
    auth: { username: 'viewer', password: SECRET },
  };
  await site.api.post(t, PATH, settings);
  await rm(join(site.dataFolder, 'edge.db.secrets'), { recursive: true });
  await site.restart();
  const missing = /^camera gate: its auth\.password is not on this machine/;
  t.regex((await site.settings('gate')).warnings[0] ?? '', missing);
  const reasons = async () =>
    (await site.api.get<{ reasons: string[] }>(t, '/api/v1/site')).json.reasons;
  t.true((await reasons()).some((reason) => missing.test(reason)));
  t.is((await site.api.put(t, `${PATH}/gate`, settings)).status, 200);
  t.deepEqual((await site.settings('gate')).warnings, []);
  t.false((await reasons()).some((reason) => missing.test(reason)));
});

test('Home Assistant and MQTT get a camera of the API as one of the file, and lose it with its removal', async (t) => {
  const { url } = await startBroker(t);
  const site = await start(t, FILE_CAMERA, ['site=harbour', `lan={ url: "${url}" }`]);
  const seen = await mosquittoSub(t, url);
  const config = 'homeassistant/device/siteglass-harbour/gate/config';
  await site.api.post(t, PATH, { id: 'gate', name: 'Front gate', kind: 'push' });
  t.regex((await seen.sees(config)).payload, /Front gate/);
  await seen.sees('siteglass/harbour/gate/report');
  await site.api.put(t, `${PATH}/gate`, { kind: 'push', name: 'Back gate' });
  await seen.sees(config, (payload) => payload.includes('Back gate'));
  await site.restart();
  await site.api.delete(t, `${PATH}/gate`);
  await seen.sees(config, (payload) => payload === '');
  await seen.sees('siteglass/harbour/gate/report', (payload) => payload === '');
});
