import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ImageResult } from '../../core/contract/image.js';
import type { SiteResource } from '../../core/contract/site.js';
import type { Summary } from '../../core/contract/summary.js';
import { projectRoot } from '../../core/runtime/project-root.js';
import { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { childrenOf, isAlive, type RunningProgram, runProgram, urlOf } from '../support/program.js';
import { temporaryFolder } from '../support/temporary-folder.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;

const set = (settings: Record<string, string>) =>
  Object.entries(settings).map(([path, value]) => `--set=${path}=${value}`);

async function startProgram(
  t: ExecutionContext,
  name: 'edge' | 'cloud-relay',
  settings: Record<string, string>,
) {
  const dataFolder = await temporaryFolder();
  const all = { dataFolder, 'http.port': '0', 'detection.workers': '1', ...settings };
  const program = runProgram(t, name, set(all));
  const url = await urlOf(program);
  const token = (await readFile(join(dataFolder, 'admin-token'), 'utf8')).trim();
  return { program, url, token, api: await ApiClient.connect(url, token) };
}

/** Stops a program as systemd does; nothing of it stays behind. */
async function stopsCleanly(t: ExecutionContext, program: RunningProgram) {
  const workers = await childrenOf(program.child.pid ?? 0);
  t.is(workers.length, 1);
  t.is(await program.end('SIGTERM'), 0);
  for (const worker of workers) await eventually('the worker ends', () => !isAlive(worker));
  t.deepEqual(
    program.log.filter(({ level }) => level >= 50),
    [],
  );
  t.is(program.errors(), '');
}

const summariesAt = async (t: ExecutionContext, relay: ApiClient, site: string) =>
  (await relay.get<{ summaries: Summary[] }>(t, `/api/v1/sites/${site}/summaries`)).json.summaries;

test('what a camera sees arrives at the relay, and both programs stop cleanly', async (t) => {
  const relay = await startProgram(t, 'cloud-relay', { 'mqtt.embedded.port': '0' });
  t.false(
    relay.program.lines.some((line) => line.includes(relay.token)),
    'no secret is logged',
  );
  const listening = await relay.program.logged(({ msg }) => msg === 'embedded broker listening');
  const created = await relay.api.post<{ password: string }>(t, '/api/v1/sites', { id: 'harbour' });

  const street = join(await temporaryFolder(), 'street');
  await mkdir(street);
  for (const name of ['1-empty-street.jpg', '4-two-signs.jpg'])
    await copyFile(join(projectRoot(), 'samples', name), join(street, name));
  const edge = await startProgram(t, 'edge', {
    site: 'harbour',
    mqtt: `{ url: "mqtt://127.0.0.1:${listening.port}", username: harbour, password: ${created.json.password} }`,
    cameras: `[{ id: street, kind: folder, path: ${street}, schedule: "* * * * * *" }]`,
  });

  const summaries = await eventually('two summaries', async () => {
    const arrived = await summariesAt(t, relay.api, 'harbour');
    return arrived.length >= 2 && arrived;
  });
  t.is(summaries.length, 2);
  for (const { snapshot, camera, detections, width, height } of summaries) {
    t.is(camera, 'street');
    const path = `/api/v1/objectdetection/image/${snapshot}/detections`;
    const here = (await edge.api.get<Analysed>(t, path)).json;
    t.deepEqual(detections, here.detections);
    t.deepEqual({ width, height }, { width: here.image.width, height: here.image.height });
  }
  t.true(summaries.some(({ detections }) => detections.length === 2));
  await eventually('everything is acknowledged', async () => {
    const { json } = await edge.api.get<{ depth: number; lastSeq: number }>(t, '/api/v1/sync');
    return json.depth === 0 && json.lastSeq === 2;
  });
  const site = async () =>
    (await relay.api.get<{ site: SiteResource }>(t, '/api/v1/sites/harbour')).json.site;
  t.is((await site()).availability, 'online');
  t.is((await site()).health?.status, 'ok');

  await stopsCleanly(t, edge.program);
  await eventually('the relay learns of it', async () => (await site()).availability === 'stopped');
  await stopsCleanly(t, relay.program);
});

test('an appliance with a wrong password continues detecting, and reports that it cannot deliver', async (t) => {
  const relay = await startProgram(t, 'cloud-relay', { 'mqtt.embedded.port': '0' });
  const { port } = await relay.program.logged(({ msg }) => msg === 'embedded broker listening');
  await relay.api.post(t, '/api/v1/sites', { id: 'harbour' });
  const edge = await startProgram(t, 'edge', {
    site: 'harbour',
    mqtt: `{ url: "mqtt://127.0.0.1:${port}", username: harbour, password: wrong }`,
    cameras: `[{ id: street, kind: folder, path: ${join(projectRoot(), 'samples')}, loop: true, schedule: "* * * * * *" }]`,
  });
  await edge.program.logged(({ msg }) => msg.startsWith('broker connection failed; retrying in '));
  const recent = async () =>
    (await edge.api.get<{ detections: unknown[] }>(t, '/api/v1/detections')).json.detections;
  await eventually('detections', async () => (await recent()).length > 0);
  const { json } = await edge.api.get<{ status: string; reasons: string[]; outboxDepth: number }>(
    t,
    '/api/v1/site',
  );
  t.is(json.status, 'degraded');
  t.deepEqual(json.reasons, ['the MQTT broker is not connected']);
  t.true(json.outboxDepth > 0);
  t.is((await edge.api.get(t, '/readyz')).status, 200, 'degraded, never unhealthy');
  const sync = await edge.api.get<{ connected: boolean; lastError: string }>(t, '/api/v1/sync');
  t.false(sync.json.connected);
  t.regex(sync.json.lastError, /[Nn]ot authorized|[Bb]ad/);
  t.deepEqual(await summariesAt(t, relay.api, 'harbour'), []);
  t.false(
    edge.program.lines.some((line) => line.includes('wrong')),
    'no password in the log',
  );
});
