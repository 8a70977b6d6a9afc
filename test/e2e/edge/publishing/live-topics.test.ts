import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connectAsync, type MqttClient } from 'mqtt';
import { decodePayload } from '../../../../core/contract/topic-payloads.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { ApiClient } from '../../../support/api-client.js';
import { startBroker } from '../../../support/broker.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { runProgram, urlOf } from '../../../support/program.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

interface Message {
  topic: string;
  payload: string;
  retained: boolean;
}

/** What a dashboard receives that subscribes to everything now. */
async function dashboard(t: ExecutionContext, url: string) {
  const client: MqttClient = await connectAsync(url);
  t.teardown(() => client.endAsync(true));
  const messages: Message[] = [];
  client.on('message', (topic, payload, { retain }) => {
    messages.push({ topic, payload: payload.toString(), retained: retain });
  });
  await client.subscribeAsync('siteglass/#', { qos: 1 });
  return {
    messages,
    /** Resolves with the newest message of a topic that fits. */
    sees: (topic: string, fits: (payload: string) => boolean = () => true) =>
      eventually(topic, () =>
        messages.findLast((m) => m.topic === `siteglass/${topic}` && fits(m.payload)),
      ),
  };
}

async function streetFolder() {
  const folder = join(await temporaryFolder(), 'street');
  await mkdir(folder, { recursive: true });
  await copyFile(join(projectRoot(), 'samples', '3-sign-near.jpg'), join(folder, '1.jpg'));
  return folder;
}

const camera = (path: string, schedule: string) =>
  `{ id: street, kind: folder, path: ${path}, loop: true, schedule: "${schedule}" }`;

test('a dashboard sees the current state, even if it connects later, and how it ends', async (t) => {
  const { url } = await startBroker(t);
  const early = await dashboard(t, url);
  const edge = await startEdge([
    'site=harbour',
    `mqtt={ url: "${url}", settleOn: broker }`,
    `cameras=[${camera(await streetFolder(), '0 0 0 1 1 *')}]`,
  ]);
  t.teardown(edge.stop);
  await early.sees('harbour/availability', (payload) => payload === 'online');
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const taken = await api.post<{ image: string }>(t, '/api/v1/cameras/street/snapshot');
  const { payload } = await early.sees('harbour/street/state');
  const state = decodePayload('cameraState', payload);
  if (!state.ok) return t.fail(state.reason);
  t.deepEqual(state.payload.counts, { 'stop sign': 1 });
  t.is(state.payload.snapshot, taken.json.image);
  await early.sees('harbour/street/availability', (text) => text === 'online');
  const health = decodePayload('health', (await early.sees('harbour/health')).payload);
  t.true(health.ok, JSON.stringify(health));
  const up = decodePayload('up', (await early.sees('harbour/up')).payload);
  t.true(up.ok && 'summary' in up.payload && up.payload.summary.snapshot === taken.json.image);

  const late = await dashboard(t, url);
  await late.sees('harbour/street/state');
  const retained = ['availability', 'health', 'street/availability', 'street/state'];
  for (const topic of retained) t.true((await late.sees(`harbour/${topic}`)).retained, topic);
  t.false(
    late.messages.some(({ topic }) => topic.endsWith('/up')),
    'up is never retained',
  );

  await edge.stop();
  await late.sees('harbour/street/availability', (text) => text === 'offline');
  await late.sees('harbour/availability', (text) => text === 'stopped');
});

test('a failing camera is offline on a dashboard, and online once it answers again', async (t) => {
  const { url } = await startBroker(t);
  const folder = join(await temporaryFolder(), 'later');
  const edge = await startEdge([
    `mqtt={ url: "${url}", settleOn: broker }`,
    `cameras=[${camera(folder, '0 0 0 1 1 *')}]`,
  ]);
  t.teardown(edge.stop);
  const seen = await dashboard(t, url);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const snapshot = () => api.post(t, '/api/v1/cameras/street/snapshot');
  for (let i = 0; i < 3; i++) t.is((await snapshot()).status, 502);
  await seen.sees('site/street/availability', (text) => text === 'offline');
  const { payload: dead } = await seen.sees('site/street/report', (text) =>
    text.includes('"open"'),
  );
  t.like(JSON.parse(dead), {
    state: 'offline',
    lastError: 'the folder or a file in it is not accessible (ENOENT)',
  });
  await mkdir(folder);
  await copyFile(join(projectRoot(), 'samples', '1-empty-street.jpg'), join(folder, '1.jpg'));
  t.is((await snapshot()).status, 200);
  await seen.sees('site/street/availability', (text) => text === 'online');
  await seen.sees('site/street/report', (text) => {
    const { state, circuit, lastError } = JSON.parse(text);
    return state === 'online' && circuit === 'closed' && lastError === null;
  });
  const { payload } = await seen.sees('site/street/state');
  t.deepEqual(JSON.parse(payload).counts, {}, 'nothing is there');
});

test('a dashboard learns from the broker that an appliance was killed', async (t) => {
  const { url } = await startBroker(t);
  const seen = await dashboard(t, url);
  const edge = runProgram(t, 'edge', [
    `--set=dataFolder=${await temporaryFolder()}`,
    '--set=http.port=0',
    '--set=detection.workers=1',
    `--set=mqtt={ url: "${url}" }`,
  ]);
  await urlOf(edge);
  await seen.sees('site/availability', (text) => text === 'online');
  t.is(await edge.end('SIGKILL'), 'SIGKILL');
  const { payload } = await seen.sees('site/availability', (text) => text !== 'online');
  t.is(payload, 'offline');
});
