import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { fakeBroker } from '../../../fakes/fake-broker.js';
import { ApiClient } from '../../../support/api-client.js';
import { startBroker } from '../../../support/broker.js';
import { runDoctor } from '../../../support/doctor.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { startMosquitto } from '../../../support/mosquitto.js';
import { mosquittoSub } from '../../../support/mosquitto-sub.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

async function startHarbour(t: ExecutionContext, settings: string[]) {
  const folder = join(await temporaryFolder(t), 'street');
  await mkdir(folder);
  await copyFile(join(projectRoot(), 'samples', '3-sign-near.jpg'), join(folder, '1.jpg'));
  const camera = `{ id: street, kind: folder, path: ${folder}, loop: true, schedule: "0 0 0 1 1 *" }`;
  const all = ['site=harbour', `cameras=[${camera}]`, ...settings];
  const edge = await startEdge(all);
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  return {
    edge,
    reasons: async () => (await api.get<{ reasons: string[] }>(t, '/api/v1/site')).json.reasons,
    lastError: async () =>
      (await api.get<{ lastError: string | null }>(t, '/api/v1/sync')).json.lastError,
    findings: async () => {
      const port = new URL(edge.url).port;
      const { of } = await runDoctor(t, 'edge', [
        ...all,
        `dataFolder=${edge.dataFolder}`,
        `http.port=${port}`,
      ]);
      return { broker: of('broker').join(), lan: of('LAN broker').join() };
    },
  };
}

test('a picture above the limit of the broker costs no summary; the API and the doctor name it with its size', async (t) => {
  const { url } = await startMosquitto(
    t,
    undefined,
    'allow_anonymous true\nmax_packet_size 20000\n',
  );
  const seen = await mosquittoSub(t, url);
  const { edge, reasons, lastError, findings } = await startHarbour(t, [
    `mqtt={ url: "${url}", settleOn: broker, snapshots: true }`,
  ]);
  await seen.sees('siteglass/harbour/availability', (text) => text === 'online');
  const problem =
    /the broker accepts packets of at most 20000 bytes; not sent: siteglass\/harbour\/street\/snapshot \(\d{5,} bytes\)/;
  await eventually('the picture is left out', async () => {
    await edge.cameras.snapshotNow('street');
    return problem.test((await reasons()).join());
  });
  const image = await edge.cameras.snapshotNow('street');
  await seen.sees('siteglass/harbour/up', (text) => text.includes(`${image}`));
  t.regex((await lastError()) ?? '', problem);
  t.regex((await findings()).broker, /^warning MQTT broker: the broker accepts packets of at most/);
  t.deepEqual(seen.of('siteglass/harbour/street/snapshot'), []);
});

test('`offline` that another client leaves for the site or a camera is corrected, at both brokers', async (t) => {
  const [relay, lan] = [await startBroker(t), await startMosquitto(t)];
  const { edge, reasons } = await startHarbour(t, [
    `mqtt={ url: "${relay.url}", settleOn: broker }`,
    `lan={ url: "${lan.url}" }`,
  ]);
  await eventually(async () => (await reasons()).length === 0);
  await edge.cameras.snapshotNow('street');
  for (const { url } of [relay, lan]) {
    const seen = await mosquittoSub(t, url);
    const client = await connectAsync(url);
    t.teardown(() => client.end(true));
    for (const topic of ['availability', 'street/availability']) {
      const path = `siteglass/harbour/${topic}`;
      await seen.sees(path, (text) => text === 'online');
      for (const payload of ['offline', '']) {
        const before = seen.of(path).length;
        await client.publishAsync(path, payload, { qos: 1, retain: true });
        const later = () =>
          seen
            .of(path)
            .slice(before)
            .map((line) => line.payload);
        await eventually(() => later().includes(payload) && later().at(-1) === 'online');
      }
    }
  }
  t.deepEqual(await reasons(), []);
});

test('the discovery that another client clears or changes is published again', async (t) => {
  const { url } = await startMosquitto(t);
  const seen = await mosquittoSub(t, url);
  await startHarbour(t, [`lan={ url: "${url}" }`]);
  const client = await connectAsync(url);
  t.teardown(() => client.end(true));
  for (const end of ['config', 'street/config']) {
    const path = `homeassistant/device/siteglass-harbour/${end}`;
    const { payload: own } = await seen.sees(path, (text) => text.startsWith('{"dev"'));
    for (const payload of ['', '{}']) {
      const before = seen.of(path).length;
      await client.publishAsync(path, payload, { qos: 1, retain: true });
      const later = () =>
        seen
          .of(path)
          .slice(before)
          .map((line) => line.payload);
      await eventually(() => later().includes(payload) && later().at(-1) === own);
    }
  }
  t.pass();
});

test('a broker that refuses commands keeps the connection; the API and the doctor say what is refused', async (t) => {
  const broker = await fakeBroker(t, {
    refuses: (filter) => (filter.endsWith('/command') ? 'refuse' : undefined),
  });
  const { reasons, findings } = await startHarbour(t, [`lan={ url: "${broker.url}" }`]);
  const problem = 'LAN broker: the broker refuses subscriptions to siteglass/harbour/+/command';
  await eventually(async () => (await reasons()).includes(problem));
  await eventually(() =>
    broker.messages.some(({ topic }) => topic === 'siteglass/harbour/street/report'),
  );
  t.is((await findings()).lan, `warning ${problem}`);
  t.is(broker.connects.length, 1);
});
