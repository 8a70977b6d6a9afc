import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type {
  FindingsResource,
  LogPage,
  RestartAnswer,
  SystemResource,
} from '../../../../core/contract/system.js';
import { ApiClient } from '../../../support/api-client.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { plainTextUrlOf, runProgram, urlOf } from '../../../support/program.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const API = '/api/v1/system';

test('the state of the appliance and of its machine has plausible values', async (t) => {
  const edge = await startEdge();
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const { status, json } = await api.get<SystemResource>(t, API);
  t.is(status, 200);
  t.is(json.detection.state, 'ok');
  t.true(json.detection.detectors.ready > 0);
  t.true(json.process.memoryBytes > 10e6 && json.process.workersMemoryBytes > 10e6);
  t.true(json.machine.memory.availableBytes < json.machine.memory.totalBytes);
  t.true(json.disk.freeBytes > 0 && json.disk.databaseBytes > 0);
  t.true(Math.abs(Date.parse(json.startedAt) - Date.now()) < 60_000);
  t.like(json.access, { mode: 'token', signOn: false });
});

test('the checks of the doctor say what is wrong with the running appliance, and are shared', async (t) => {
  const edge = await startEdge([
    'cameras=[{ id: door, kind: push }, { id: yard, kind: http, url: "http://127.0.0.1:9/x.jpg", schedule: "0 0 1 1 *" }]',
    'mqtt={ url: "mqtt://127.0.0.1:9", username: harbour, password: unknown }',
  ]);
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const [first, second] = await Promise.all([
    api.get<FindingsResource>(t, `${API}/findings`),
    api.get<FindingsResource>(t, `${API}/findings`),
  ]);
  t.is(first.status, 200);
  t.deepEqual(second.json, first.json, 'one run for both');
  const { findings, worst } = first.json;
  t.is(worst, 'failure');
  const abouts = new Set(findings.map(({ about }) => about));
  for (const about of ['program', 'service', 'database', 'detection', 'cameras', 'broker', 'clock'])
    t.true(abouts.has(about), about);
  const camera = findings.find(({ text }) => text.startsWith('yard'));
  t.is(camera?.state, 'failure');
  t.regex(camera?.advice ?? '', /network/);
  t.is(findings.find(({ about }) => about === 'broker')?.state, 'failure');
  for (const about of ['program', 'service', 'database', 'detection'])
    t.true(
      findings.filter((one) => one.about === about).every(({ state }) => state !== 'failure'),
      about,
    );
});

test('an administrator reads the log and restarts the services, which keep the process, the log and the audit', async (t) => {
  t.timeout(120_000);
  const folder = await temporaryFolder(t);
  const program = runProgram(t, 'edge', [
    `--set=dataFolder=${folder}`,
    '--set=site=harbour',
    '--set=http.port=0',
    '--set=detection.workers=1',
    '--set=images.minFreeMegabytes=0',
  ]);
  const url = await urlOf(program);
  const token = readFileSync(join(folder, 'admin-token'), 'utf8').trim();
  const api = await ApiClient.connect(url, token);
  await program.logged(({ msg }) => msg === 'started');
  const { json: log } = await api.get<LogPage>(t, `${API}/log?level=info&text=started`);
  t.true(log.lines.some(({ text }) => text === 'started'));
  t.false(JSON.stringify((await api.get(t, `${API}/log?limit=1000`)).json).includes(token));

  const restart = await api.post<RestartAnswer>(t, `${API}/restart`);
  t.is(restart.status, 202);
  t.true(restart.json.readyInSeconds >= 3 && restart.json.readyInSeconds < 120);
  await eventually(
    'the services have started again',
    () => program.log.filter(({ msg }) => msg === 'started').length === 2,
    60_000,
  );
  const again = program.log.filter(({ msg }) => msg === 'listening').at(-1);
  const fresh = await ApiClient.connect(plainTextUrlOf(again ?? {}), token);
  const { json: after } = await fresh.get<LogPage>(t, `${API}/log?text=started`);
  t.is(after.lines.filter(({ text }) => text === 'started').length, 2, 'the log goes on');
  t.true(program.log.some(({ msg, reason }) => msg === 'restarting' && /admin/.test(`${reason}`)));
  const { json: audit } = await fresh.get<{
    entries: { action: string; actor: { name: string } }[];
  }>(t, '/api/v1/audit?action=restarted');
  t.is(audit.entries[0]?.actor.name, 'admin');
  t.is(await Promise.race([program.ended, Promise.resolve('runs')]), 'runs');
});
