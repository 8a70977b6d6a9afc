import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { discoverySchema } from '../../../../core/contract/discovery.js';
import { ApiClient } from '../../../support/api-client.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { startMosquitto } from '../../../support/mosquitto.js';
import { mosquittoSub } from '../../../support/mosquitto-sub.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const CAMERAS = 60;

test('the discovery of 60 cameras is delivered at a broker with small packets, on the first connection', async (t) => {
  const { url } = await startMosquitto(
    t,
    undefined,
    'allow_anonymous true\nmax_packet_size 20000\n',
  );
  const seen = await mosquittoSub(t, url);
  const path = join(await temporaryFolder(t), 'street');
  await mkdir(path);
  const cameras = Array.from(
    { length: CAMERAS },
    (_, i) => `{ id: camera-${i}, kind: folder, path: ${path}, schedule: "0 0 0 1 1 *" }`,
  );
  const edge = await startEdge([
    'site=harbour',
    `mqtt={ url: "${url}", settleOn: broker, homeAssistant: true }`,
    `cameras=[${cameras.join(', ')}]`,
  ]);
  t.teardown(edge.stop);
  const ofCameras = () =>
    seen.lines.filter(({ topic }) =>
      /^homeassistant\/device\/siteglass-harbour\/camera-\d+\/config$/.test(topic),
    );
  await eventually('a message of each camera', () => ofCameras().length >= CAMERAS);
  await seen.sees('homeassistant/device/siteglass-harbour/config');
  const ids = ofCameras().flatMap(({ payload }) => {
    const { cmps, dev } = discoverySchema.parse(JSON.parse(payload));
    t.is(dev.via_device, 'siteglass-harbour');
    return Object.values(cmps).map((c) => ('unique_id' in c ? c.unique_id : ''));
  });
  t.is(new Set(ids).size, ids.length);
  t.true(ids.includes('siteglass-harbour_camera-59_occupancy'), 'as in earlier versions');
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const { json } = await api.get<{ connected: boolean; lastError: string | null }>(
    t,
    '/api/v1/sync',
  );
  t.like(json, { connected: true, lastError: null });
});
