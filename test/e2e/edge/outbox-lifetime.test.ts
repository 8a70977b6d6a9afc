import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { z } from 'zod';
import type { syncSchema } from '../../../core/contract/site.js';
import type { UplinkRecord } from '../../../core/contract/summary.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { ApiClient } from '../../support/api-client.js';
import { startBroker } from '../../support/broker.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';
import { connectedBus } from '../../support/message-bus.js';
import { runToEnd } from '../../support/program.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const API = '/api/v1';
type Sync = z.infer<typeof syncSchema>;

test('the backlog survives restarts, reporting switched off, and another site, root and budget', async (t) => {
  const folder = await temporaryFolder();
  const dataFolder = join(folder, 'data');
  const street = join(folder, 'street');
  await mkdir(street);
  await copyFile(join(projectRoot(), 'samples', '3-sign-near.jpg'), join(street, '1.jpg'));
  const camera = `cameras=[{ id: street, kind: folder, path: ${street}, loop: true, schedule: "0 0 0 1 1 *" }]`;
  const nowhere = `mqtt.url="mqtt://127.0.0.1:${await freePort()}"`;

  const during = async <R>(
    settings: string[],
    use: (edge: RunningEdge, api: ApiClient) => Promise<R>,
  ) => {
    const edge = await startEdge([camera, ...settings], { dataFolder });
    try {
      return await use(edge, await ApiClient.connect(edge.url, edge.adminToken));
    } finally {
      await edge.stop();
    }
  };
  const snapshot = async (api: ApiClient) =>
    (await api.post<{ image: string }>(t, `${API}/cameras/street/snapshot`)).json.image;
  const sync = async (api: ApiClient) => (await api.get<Sync>(t, `${API}/sync`)).json;

  const taken = await during([nowhere, 'site=harbour'], async (_edge, api) => {
    const images = [await snapshot(api), await snapshot(api), await snapshot(api)];
    t.like(await sync(api), { configured: true, connected: false, depth: 3, evicted: 0 });
    const { hours, bytes } = await sync(api);
    t.deepEqual(
      hours.map(({ added, acknowledged }) => [added, acknowledged]),
      [[3, 0]],
    );
    t.true(bytes > 300);
    const { output, code } = await runToEnd(t, 'edge', [
      'outbox',
      '--set',
      `dataFolder=${dataFolder}`,
    ]);
    t.is(code, 0);
    t.regex(output, /waiting {7}3 summaries, 0\.0 of 1074\.0 MB, the oldest for \d+ s/);
    t.regex(output, /acknowledged {2}up to 0 of 3/);
    t.regex(output, /hour \(UTC\) +added +acknowledged +evicted\n/);
    t.regex(output, /\d{4}-\d\d-\d\d \d\d:00 +3 +0 +0/);
    return images;
  });
  await during([], async (_edge, api) => {
    await snapshot(api);
    t.like(await sync(api), { configured: false, depth: 3, lastSeq: 3 });
  });
  const { code, output } = await runToEnd(t, 'edge', [
    'outbox',
    '--set',
    `dataFolder=${dataFolder}`,
  ]);
  t.is(code, 0, 'also while nothing runs');
  t.regex(output, /waiting {7}3 summaries/);

  const { url } = await startBroker(t);
  const relay = await connectedBus(t, url, { root: 'other/root' });
  const records: UplinkRecord[] = [];
  relay.subscribe('up', { site: 'quay' }, ({ payload }) => {
    records.push(payload);
    void relay.publish('ack', { site: 'quay' }, { epoch: payload.epoch, seq: payload.seq });
  });
  const settings = [
    `mqtt.url="${url}"`,
    'mqtt.root=other/root',
    'site=quay',
    'outbox.maxMegabytes=1',
  ];
  await during(settings, async (_edge, api) => {
    await eventually('all of it', async () => (await sync(api)).depth === 0);
    t.like((await sync(api)).hours[0], { acknowledged: 3 });
    const { bytes } = await api.get(t, '/metrics');
    t.regex(String(bytes), /^siteglass_outbox_bytes 0$/m);
    t.regex(String(bytes), /^siteglass_outbox_acknowledged_seq 3$/m);
    t.regex(String(bytes), /^siteglass_outbox_evicted_total 0$/m);
  });
  t.deepEqual(
    records.map((record) => 'summary' in record && record.summary.snapshot),
    taken,
  );
  t.true(records.every((record) => 'summary' in record && record.summary.clock !== undefined));
});

test('the outbox command reports a usage error in one line', async (t) => {
  const dataFolder = await temporaryFolder();
  const none = await runToEnd(t, 'edge', ['outbox', '--set', `dataFolder=${dataFolder}`]);
  t.is(none.code, 1);
  t.regex(none.errors, /^siteglass-edge: .*edge\.db does not exist/);
  for (const words of [['outbux'], ['outbox', 'now'], ['toString']]) {
    const { code, errors } = await runToEnd(t, 'edge', words);
    t.is(code, 2);
    t.regex(errors, /^siteglass-edge: .*\n.*is not a known command/);
  }
  t.regex(
    (await runToEnd(t, 'edge', ['--help'])).output,
    /^ {2}outbox .*shows the summaries that the relay has not acknowledged/m,
  );
  t.is((await runToEnd(t, 'cloud-relay', ['outbox'])).code, 2);
});
