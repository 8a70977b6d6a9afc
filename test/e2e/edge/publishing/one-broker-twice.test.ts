import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { ApiClient } from '../../../support/api-client.js';
import { runDoctor } from '../../../support/doctor.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { freePort } from '../../../support/free-port.js';
import { startMosquitto } from '../../../support/mosquitto.js';
import { mosquittoSub } from '../../../support/mosquitto-sub.js';

interface Site {
  status: string;
  reasons: string[];
}

test('the connections `mqtt` and `lan` may lead to the same broker; neither ends the other', async (t) => {
  const { url } = await startMosquitto(t);
  const seen = await mosquittoSub(t, url);
  const settings = [
    'site=harbour',
    `mqtt={ url: "${url}", settleOn: broker, homeAssistant: true, snapshots: true }`,
    `lan={ url: "${url}" }`,
  ];
  const edge = await startEdge(settings);
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  await eventually('both are connected', async () => {
    const { json } = await api.get<Site>(t, '/api/v1/site');
    return json.reasons.length === 0;
  });
  const changes = () => seen.of('siteglass/harbour/availability').map(({ payload }) => payload);
  await delay(4_000);
  t.deepEqual([...new Set(changes())], ['online']);
  const { json: sync } = await api.get<{ lastError: string | null }>(t, '/api/v1/sync');
  t.is(sync.lastError, null);
  t.deepEqual((await api.get<Site>(t, '/api/v1/site')).json.reasons, []);
  const discovery = 'homeassistant/device/siteglass-harbour/config';
  t.true(seen.of(discovery).length <= 4, 'neither corrects the other one');
  const { of } = await runDoctor(t, 'edge', [
    ...settings,
    `dataFolder=${edge.dataFolder}`,
    `http.port=${new URL(edge.url).port}`,
  ]);
  t.deepEqual(of('broker'), ['ok the appliance is connected']);
  t.regex(of('LAN broker').join(), /^ok /);
});

test('`mqtt` may lead to the embedded broker of the same appliance', async (t) => {
  const port = await freePort();
  const edge = await startEdge([
    'site=harbour',
    `mqtt={ url: "mqtt://127.0.0.1:${port}", settleOn: broker }`,
    `lan={ embedded: { port: ${port}, auth: none } }`,
  ]);
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const site = async () => (await api.get<Site>(t, '/api/v1/site')).json;
  await eventually('both are connected', async () => (await site()).reasons.length === 0);
  await delay(2_000);
  t.deepEqual((await site()).reasons, []);
});
