import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { silentLogger } from '../../../../../core/runtime/logger.js';
import { createCamera } from '../../../../../edge/cameras/create-camera.js';
import { CameraSchedule } from '../../../../../edge/cameras/schedule/camera-schedule.js';
import { picture, startCameraServer } from '../../../../edge/support/camera-server.js';
import { httpConfig } from '../../../../edge/support/cameras.js';

const RUN_SECONDS = 12;
/**
 * A camera that waits for a slow one loses two runs of three. One that waits only for a busy machine loses fewer
 * than a third.
 */
const FEWEST = (RUN_SECONDS * 2) / 3;
const names = (kind: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${kind}-${i}`);

test('ten dead and ten slow cameras do not delay the other thirty', async (t) => {
  const good = await startCameraServer(t, picture());
  const slow = await startCameraServer(t, async (request, response) => {
    await sleep(2500);
    picture()(request, response);
  });
  const every = { schedule: '* * * * * *', timeoutSeconds: 3, retries: 2 };
  const configs = [
    ...names('good', 30).map((id) => httpConfig(good.url, { ...every, id })),
    ...names('slow', 10).map((id) => httpConfig(slow.url, { ...every, id })),
    ...names('dead', 10).map((id) => httpConfig('http://127.0.0.1:9/', { ...every, id })),
  ];
  const schedule = new CameraSchedule({
    cameras: configs.map((config) => ({ config, camera: createCamera(config, '', Date.now) })),
    analyse: async () => 'image',
    log: silentLogger(),
  });
  t.teardown(() => schedule.stop());
  await schedule.start();
  await sleep(RUN_SECONDS * 1000);
  const byKind = (kind: string) => schedule.statuses().filter(({ id }) => id.startsWith(kind));
  for (const { id, taken, failed, skippedOverlap } of byKind('good')) {
    t.true(taken >= FEWEST, `${id} took ${taken}`);
    t.is(failed, 0, id);
    t.true(skippedOverlap <= RUN_SECONDS - FEWEST, `${id} skipped ${skippedOverlap}`);
  }
  for (const { id, taken } of byKind('slow')) t.true(taken >= 3, `${id} took ${taken}`);
  for (const { id, state, circuit, lastError } of byKind('dead')) {
    t.is(state, 'offline', id);
    t.not(circuit, 'closed', id);
    t.is(lastError, 'the camera is unreachable (ECONNREFUSED)', id);
  }
});
