import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { cameraStateNameSchema } from '../../core/contract/live-payloads.js';
import { projectRoot } from '../../core/runtime/project-root.js';
import { ApiClient } from '../support/api-client.js';
import { startEdge } from '../support/edge.js';
import { startRelay } from '../support/relay.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = join(projectRoot(), 'deploy', 'monitoring');

async function exposed(t: ExecutionContext, program: { url: string; adminToken: string }) {
  const api = await ApiClient.connect(program.url, program.adminToken);
  return (await api.get(t, '/metrics')).bytes.toString('utf8');
}

/** The metrics that a running program has, by family. */
const familiesOf = (text: string) =>
  new Set([...text.matchAll(/^# HELP (\S+) /gm)].map(([, name]) => name ?? ''));

const metricsOf = async (t: ExecutionContext, program: { url: string; adminToken: string }) =>
  familiesOf(await exposed(t, program));

/** What `promtool check metrics` says; Debian package: prometheus. */
const lint = (text: string) =>
  spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });

/** An appliance with a camera whose only picture shows a stop sign, and one that fails. */
async function startSeeingEdge(t: ExecutionContext) {
  const path = join(await temporaryFolder(t), 'street');
  await mkdir(path);
  await copyFile(join(projectRoot(), 'samples', '3-sign-near.jpg'), join(path, '1.jpg'));
  const never = '0 0 0 1 1 *';
  const cameras = [
    `{ id: street, kind: folder, path: ${path}, loop: true, schedule: "${never}" }`,
    `{ id: "gate", kind: folder, path: ${path}/none, schedule: "${never}" }`,
  ];
  const edge = await startEdge([
    'site=harbour',
    `cameras=[${cameras.join(', ')}]`,
    'detection.defaultDetectors=[stop-sign]',
  ]);
  t.teardown(edge.stop);
  return edge;
}

test('the metrics in the alert rules and dashboards are exported by the programs', async (t) => {
  const edge = await startEdge([
    'lan={ embedded: { port: 0, auth: none } }',
    'mqtt={ url: "mqtt://127.0.0.1:1" }',
  ]);
  t.teardown(edge.stop);
  const relay = await startRelay();
  t.teardown(relay.stop);
  const known = new Set([...(await metricsOf(t, edge)), ...(await metricsOf(t, relay))]);
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    const used = text.match(/\b(siteglass|process|nodejs)_[a-z_]+/g) ?? [];
    if (file !== 'prometheus.yaml') t.true(used.length > 10, file);
    for (const name of new Set(used)) {
      const family = name.replace(/_(bucket|count|sum)$/, '');
      t.true(known.has(name) || known.has(family), `${file}: ${name}`);
    }
  }
});

test('the metrics of both programs follow the conventions that promtool checks', async (t) => {
  const edge = await startSeeingEdge(t);
  await edge.cameras.snapshotNow('street');
  const relay = await startRelay();
  t.teardown(relay.stop);
  for (const program of [edge, relay]) {
    const text = await exposed(t, program);
    const { status, stdout, stderr, error } = lint(text);
    t.is(error, undefined, 'promtool is in the Debian package prometheus');
    t.deepEqual([status, stdout, stderr], [0, '', '']);
    t.regex(
      text,
      /^siteglass_build_info\{program="siteglass-\w+",version="[^"]+",node="[^"]+"\} 1$/m,
    );
  }
  t.not(
    lint('# TYPE a_total gauge\na_total 1\n').stdout +
      lint('# TYPE a_total gauge\na_total 1\n').stderr,
    '',
  );
});

test('the metrics of an appliance show what each camera sees, and how it is', async (t) => {
  const edge = await startSeeingEdge(t);
  await edge.cameras.snapshotNow('street');
  await edge.cameras.snapshotNow('street');
  await t.throwsAsync(edge.cameras.snapshotNow('gate'));
  const lines = new Set((await exposed(t, edge)).split('\n'));
  const has = (line: string) => t.true(lines.has(line), line);
  has('siteglass_snapshots_total{camera="street"} 2');
  has('siteglass_snapshot_failures_total{camera="gate"} 1');
  has('siteglass_detections_total{camera="street",label="stop sign"} 2');
  has('siteglass_sightings_total{camera="street",label="stop sign"} 1');
  has('siteglass_objects_present{camera="street",label="stop sign"} 1');
  has('siteglass_snapshots_skipped_total{camera="street",reason="unchanged"} 0');
  const { size } = await stat(join(projectRoot(), 'samples', '3-sign-near.jpg'));
  has(`siteglass_snapshot_bytes_total{camera="street"} ${2 * size}`);
  for (const state of cameraStateNameSchema.options)
    has(`siteglass_camera_state{camera="street",state="${state}"} ${Number(state === 'online')}`);
  has('siteglass_camera_circuit_state{camera="street",state="closed"} 1');
  has('siteglass_camera_circuit_state{camera="street",state="open"} 0');
  has('siteglass_images_budget_bytes 10000000000');
});

test('what is not configured has no metrics', async (t) => {
  const alone = await metricsOf(t, await startSeeingEdge(t));
  const ofRelay = (names: Set<string>) =>
    [...names].filter((name) => /^siteglass_(outbox|broker|lan_broker)_/.test(name));
  t.deepEqual(ofRelay(alone), []);
  const edge = await startEdge(['mqtt={ url: "mqtt://127.0.0.1:1" }']);
  t.teardown(edge.stop);
  const names = await metricsOf(t, edge);
  t.true(names.has('siteglass_broker_connected') && names.has('siteglass_outbox_room_bytes'));
  t.false(names.has('siteglass_lan_broker_connected'));
});
