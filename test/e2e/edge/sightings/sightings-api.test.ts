import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Problem } from '../../../../core/contract/problem.js';
import type { SightingEvent, SightingPage } from '../../../../core/contract/sighting.js';
import type { CameraResource } from '../../../../core/contract/site.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { PictureLinks } from '../../../../edge/publishing/picture-links.js';
import { readEvents } from '../../../edge/support/event-reader.js';
import { ApiClient } from '../../../support/api-client.js';
import { startEdge } from '../../../support/edge.js';
import { enlarged } from '../../../support/enlarged.js';
import { eventually } from '../../../support/eventually.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const API = '/api/v1';
const NEVER = '0 0 0 1 1 *';
const EMPTY = '1-empty-street.jpg';
const SIGN = '3-sign-near.jpg';

/** An appliance whose camera shows what the test puts before it. */
async function setUp(t: ExecutionContext, more: string[] = [], dataFolder?: string) {
  const folder = join(await temporaryFolder(), 'street');
  await mkdir(folder, { recursive: true });
  const camera = `{ id: street, kind: folder, path: ${folder}, loop: true, schedule: "${NEVER}" }`;
  const edge = await startEdge([`cameras=[${camera}]`, ...more], dataFolder ? { dataFolder } : {});
  let isStopped = false;
  const stop = async () => {
    if (!isStopped) await edge.stop();
    isStopped = true;
  };
  t.teardown(stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  return {
    edge,
    api,
    stop,
    folder,
    auth: { Authorization: `Bearer ${edge.adminToken}` },
    /** Answers the images' ids. */
    async show(...names: string[]) {
      const images: string[] = [];
      for (const name of names) {
        await rm(join(folder, 'now.jpg'), { force: true });
        await copyFile(join(projectRoot(), 'samples', name), join(folder, 'now.jpg'));
        const path = `${API}/cameras/street/snapshot`;
        const { status, json } = await api.post<{ image: string }>(t, path);
        t.is(status, 200);
        images.push(json.image);
      }
      return images;
    },
    async list(query = '') {
      const { json } = await api.get<SightingPage>(t, `${API}/sightings${query}`);
      return json;
    },
  };
}

test('an object is one sighting from its appearance until it leaves, in the list and as events', async (t) => {
  const { edge, show, list, auth, api } = await setUp(t);
  const heard = await readEvents(t, `${edge.url}${API}/events/stream`, auth);
  await show(EMPTY, SIGN);
  t.deepEqual((await list()).sightings, [], 'one snapshot is not enough');
  await show(SIGN, SIGN);
  const [present] = (await list('?state=present')).sightings;
  t.like(present, { camera: 'street', label: 'stop sign', count: 3, endedAt: null });
  await show(EMPTY, EMPTY, EMPTY);
  const [left] = (await list('?camera=street&label=stop%20sign')).sightings;
  t.like(left, { id: present?.id, state: 'left', count: 3 });
  t.is(left?.endedAt, left?.lastSeenAt);
  await eventually('both events', () => heard.events.length === 2);
  t.deepEqual(
    heard.events.map(({ id, event }) => [id, event]),
    [
      ['1', 'appeared'],
      ['2', 'left'],
    ],
  );
  const told = JSON.parse(heard.events[0]?.data ?? '') as SightingEvent;
  t.like(told, { event_type: 'appeared', camera: 'street', sighting: present?.id });
  const image = `${API}/objectdetection/image/${left?.best.image}`;
  t.is((await api.get(t, image)).status, 200, 'its best snapshot can be fetched');
  t.deepEqual((await list('?state=present')).sightings, []);
  const unknown = await api.get<Problem>(t, `${API}/sightings?camera=stret&label=car`);
  t.like(unknown, { status: 400, json: { code: 'invalid_parameter' } });
  t.deepEqual(
    unknown.json.errors?.map(({ path, message }) => [path, message.split(', ')[0]]),
    [
      ['camera', 'there is no camera "stret". Did you mean "street"? Valid: street'],
      ['label', 'there is no label "car". Valid: cat face'],
    ],
  );
  t.is((await list(`?from=${left?.startedAt}`)).sightings.length, 1);
  t.deepEqual((await list('?to=2020-01-01T00:00:00.000Z')).sightings, []);
  t.is((await api.get(t, `${API}/sightings?state=gone`)).status, 400);
});

test('sightings are paginated, newest first', async (t) => {
  const { show, list } = await setUp(t, ['sightings={ appearAfter: 1, within: 1, leaveAfter: 1 }']);
  await show(SIGN, EMPTY, SIGN, EMPTY, SIGN);
  const first = await list('?limit=2');
  t.deepEqual(
    first.sightings.map(({ state }) => state),
    ['present', 'left'],
  );
  const second = await list(`?limit=2&after=${first.next}`);
  t.is(second.sightings.length, 1);
  t.is(second.next, null);
  t.true((first.sightings[1]?.id ?? '') > (second.sightings[0]?.id ?? ''));
});

test('an open sighting continues after a restart, and a client resumes at its last event', async (t) => {
  const dataFolder = await temporaryFolder();
  const before = await setUp(t, [], dataFolder);
  await before.show(SIGN, SIGN);
  const [sighting] = (await before.list()).sightings;
  await before.stop();
  const after = await setUp(t, [], dataFolder);
  t.is((await after.list()).sightings[0]?.id, sighting?.id);
  await after.show(SIGN, EMPTY, EMPTY, EMPTY);
  const { sightings } = await after.list();
  t.is(sightings.length, 1);
  t.like(sightings[0], { id: sighting?.id, count: 3, state: 'left' });
  const headers = { ...after.auth, 'Last-Event-ID': '0' };
  const heard = await readEvents(t, `${after.edge.url}${API}/events/stream`, headers);
  await eventually('both events', () => heard.events.length === 2);
  t.deepEqual(
    heard.events.map(({ event }) => event),
    ['appeared', 'left'],
  );
  await after.stop();
  await heard.ended;
});

test('the sightings of a removed camera end', async (t) => {
  const dataFolder = await temporaryFolder();
  const before = await setUp(t, [], dataFolder);
  await before.show(SIGN, SIGN);
  await before.stop();
  const edge = await startEdge([], { dataFolder });
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const { json } = await api.get<SightingPage>(t, `${API}/sightings`);
  t.deepEqual(
    json.sightings.map(({ state }) => state),
    ['left'],
  );
});

test('the motion gate skips unchanged snapshots, keeps open sightings, and counts what it saved', async (t) => {
  const folder = join(await temporaryFolder(), 'street');
  await mkdir(folder);
  await copyFile(join(projectRoot(), 'samples', SIGN), join(folder, '1.jpg'));
  const camera = `{ id: street, kind: folder, path: ${folder}, loop: true, schedule: "* * * * * *", motion: {} }`;
  const edge = await startEdge([`cameras=[${camera}]`]);
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const status = async () =>
    (await api.get<{ camera: CameraResource }>(t, `${API}/cameras/street`)).json.camera;
  const { taken } = await eventually('two are saved', async () => {
    const now = await status();
    return now.unchanged >= 2 && now;
  });
  t.is(taken, 2, 'two make the sign appear');
  const { json } = await api.get<SightingPage>(t, `${API}/sightings`);
  t.like(json.sightings[0], { state: 'present', count: 2 });
  const metrics = (await api.get(t, '/metrics')).bytes.toString('utf8');
  t.regex(metrics, /^siteglass_searches_saved_total [2-9]/m);
  const asked = await api.post<{ image: string | null }>(t, `${API}/cameras/street/snapshot`);
  t.truthy(asked.json.image, 'who asks gets a search');
});

test('a snapshot is still analysed if there is no space for its image, and open sightings stay', async (t) => {
  const { show, list, api } = await setUp(t, [
    'images={ maxStoredGigabytes: 0.01, minFreeMegabytes: 0 }',
  ]);
  await show(SIGN, SIGN);
  const [open] = (await list()).sightings;
  const empty = await readFile(join(projectRoot(), 'samples', EMPTY));
  const sign = await readFile(join(projectRoot(), 'samples', SIGN));
  const room = 20_000;
  const filler = enlarged(empty, 10_000_000 - sign.length - room);
  t.is((await api.upload(t, filler)).status, 200, 'an upload takes nearly all');
  const images = await show(EMPTY, SIGN, EMPTY, SIGN);
  t.like((await list()).sightings[0], { id: open?.id, count: 4 }, 'detection went on');
  const stored = (id = '') => api.get(t, `${API}/objectdetection/image/${id}`);
  t.is((await stored(images.at(-1))).status, 404, 'there was no room for its picture');
  t.is((await stored(open?.best.image)).status, 200, 'the picture of an open sighting stayed');
});

test('an image has a link for programs without a token, valid for that image only', async (t) => {
  const { edge, show, api } = await setUp(t);
  const [first = '', second = ''] = await show(SIGN, EMPTY);
  const links = new PictureLinks(join(edge.dataFolder, 'picture-key'), edge);
  const picture = await fetch(links.urlOf(first));
  t.is(picture.status, 200);
  t.is(picture.headers.get('Content-Type'), 'image/jpeg');
  const code = links.urlOf(first).split('/').at(-1);
  t.is((await api.get(t, `${API}/pictures/${first}/${code}`)).status, 200);
  t.is((await api.get(t, `${API}/pictures/${second}/${code}`)).status, 404);
  t.is((await api.get(t, `${API}/pictures/${first}/guess`)).status, 404);
});
