import test from 'ava';
import sharp from 'sharp';
import { createDetection } from '../../../../core/detection/create-detection.js';
import { inspectImage } from '../../../../core/images/inspect.js';
import { Lifecycle } from '../../../../core/runtime/lifecycle.js';
import { silentLogger } from '../../../../core/runtime/logger.js';
import { detectionSettings } from '../../../../core/runtime/settings.js';
import type { Camera } from '../../../../edge/cameras/camera.js';
import type { CameraConfig } from '../../../../edge/cameras/camera-config.js';
import { createCamera } from '../../../../edge/cameras/create-camera.js';
import { CameraSchedule } from '../../../../edge/cameras/schedule/camera-schedule.js';
import { camerasCondition } from '../../../../edge/pipeline/cameras-condition.js';
import { cameraConfig } from '../../../edge/support/cameras.js';
import { fakeCamera } from '../../../fakes/fake-camera.js';
import { PASSWORD, USER } from '../../../fakes/login-faults.js';
import { FakeTime } from '../../../support/fake-time.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

process.env.TZ = 'Europe/Berlin';

const MAX_PIXELS = 1_000_000;
const EVERY_20_S = '*/20 * * * * *';
/** The age limit of these cameras: 5 minutes, or 10 runs. */
const LIMIT_MINUTES = 5;

/** Whatever curl delivers, and what a login may look like. */
const GOOD = [
  '/http/nothing-wrong',
  '/http/line-ends-without-cr',
  '/http/two-lengths-that-differ',
  '/http/a-length-beside-chunks',
  '/http/a-folded-header',
  '/http/gzip-that-was-not-asked-for',
  '/http/chunks-without-an-end',
  '/mjpeg/no-delimiter-before-the-first-part',
  '/mjpeg/a-length-that-is-too-long',
  '/login/an-empty-realm',
  '/login/a-used-up-nonce-refused-with-403',
  '/login/a-used-up-nonce-refused-with-500',
];
const FAULTY = [
  '/useless/frozen',
  '/useless/not-modified-for-ever',
  '/useless/no-answer',
  '/useless/half-a-head',
  '/useless/error-500',
  '/useless/wrong-password',
  '/useless/a-page',
  '/useless/an-empty-body',
  '/useless/far-too-large',
  '/useless/a-redirect-elsewhere',
  '/useless/no-picture-in-its-stream',
  '/nobody',
];

const idOf = (path: string) => path.slice(1).replace('/', '-');

function configOf(path: string, url: string): CameraConfig {
  const isStream = path.startsWith('/mjpeg') || path.endsWith('stream');
  return cameraConfig({
    id: idOf(path),
    kind: isStream ? 'mjpeg' : 'http',
    url: path === '/nobody' ? 'http://127.0.0.1:1/' : url + path,
    auth: { username: USER, password: PASSWORD },
    schedule: EVERY_20_S,
    timeoutSeconds: path.startsWith('/useless') ? 0.2 : 10,
    ...(!isStream && { retries: 0 }),
  });
}

/** Waits for work that has begun, since simulated time does not. */
class Ongoing {
  #count = 0;

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#count++;
    return work().finally(() => this.#count--);
  }

  async ended(): Promise<void> {
    // A run takes the next step within a few turns of the event loop.
    for (let idle = 0; idle < 5; idle = this.#count === 0 ? idle + 1 : 0)
      await new Promise((resolve) => setTimeout(resolve, this.#count === 0 ? 0 : 2));
  }
}

test('over the repeated hour of autumn, 12 of 24 cameras keep their schedule, and the other 12 are named', async (t) => {
  t.timeout(300_000);
  const jpeg = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#468' } })
    .jpeg()
    .toBuffer();
  const detection = createDetection({
    settings: detectionSettings.parse({ workers: 1 }),
    dataFolder: await temporaryFolder(t),
    maxPixels: MAX_PIXELS,
    onJob: () => undefined,
    log: silentLogger(),
  });
  const workers = new Lifecycle(detection.services, silentLogger());
  await workers.start();
  t.teardown(() => workers.stop());
  const plan = detection.catalog.plan({});

  const fake = await fakeCamera(t, jpeg);
  const [time, ongoing] = [new FakeTime('2026-10-25T02:30:05+02:00'), new Ongoing()];
  const folder = await temporaryFolder(t);
  const watched = (config: CameraConfig): Camera => {
    const camera = createCamera(config, folder, time.wall);
    return {
      take: (signal) => ongoing.during(() => camera.take(signal)),
      close: async () => camera.close?.(),
    };
  };
  const configs = [...GOOD, ...FAULTY].map((path) => configOf(path, fake.url));
  const schedule = new CameraSchedule({
    cameras: configs.map((config) => ({ config, camera: watched(config) })),
    analyse: ({ id }, { bytes }) =>
      ongoing.during(async () => {
        inspectImage(bytes, MAX_PIXELS);
        await detection.pool.analyse(bytes, plan);
        return `image-of-${id}`;
      }),
    log: silentLogger(),
    clock: time.wall,
    time,
  });
  await schedule.start();
  t.teardown(() => schedule.stop());

  const namedAfter: Record<string, number> = {};
  const falselyNamed = new Set<string>();
  const good = GOOD.map(idOf);
  for (let second = 0; second < 3_600; second += 10) {
    await time.pass(10_000);
    await ongoing.ended();
    const named = new Set(
      camerasCondition(schedule.statuses())
        .reasons?.join()
        .match(/[\w-]+/g),
    );
    for (const id of FAULTY.map(idOf)) if (named.has(id)) namedAfter[id] ??= second / 60;
    for (const id of good) if (named.has(id)) falselyNamed.add(id);
  }

  t.is(new Date(time.wall()).toString().slice(16, 33), '02:30:05 GMT+0100');
  t.deepEqual([...falselyNamed], []);
  for (const id of good) {
    const { state, taken, failed, skippedOverlap } = schedule.status(id);
    t.deepEqual([id, state, failed], [id, 'online', 0]);
    t.is(taken + skippedOverlap, 180, `${id}: a run each 20 s for an hour`);
    t.true(skippedOverlap <= 2, `${id} skipped ${skippedOverlap}`);
  }
  for (const path of FAULTY) {
    const minutes = namedAfter[idOf(path)];
    t.true(minutes !== undefined && minutes <= LIMIT_MINUTES + 0.5, `${path} after ${minutes} min`);
    t.not(schedule.status(idOf(path)).lastError, null, path);
  }
  t.true(fake.requestsFor('/useless/wrong-password') < 15, 'no camera locks the account');
});
