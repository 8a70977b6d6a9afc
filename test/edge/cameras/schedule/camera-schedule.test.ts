import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import { inspectImage } from '../../../../core/images/inspect.js';
import { ProblemError } from '../../../../core/runtime/errors.js';
import { silentLogger } from '../../../../core/runtime/logger.js';
import type { CameraConfig } from '../../../../edge/cameras/camera-config.js';
import type { CameraStatus } from '../../../../edge/cameras/camera-status.js';
import { createCamera } from '../../../../edge/cameras/create-camera.js';
import {
  CameraSchedule,
  type CameraScheduleOptions,
} from '../../../../edge/cameras/schedule/camera-schedule.js';
import { eventually } from '../../../support/eventually.js';
import { FakeTime } from '../../../support/fake-time.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import {
  challenge,
  picture,
  silence,
  startCameraServer,
  status,
} from '../../support/camera-server.js';
import { folderConfig, httpConfig } from '../../support/cameras.js';

const EVERY_SECOND = { schedule: '* * * * * *' };
const NEVER = { schedule: '0 0 0 29 2 *' };

/** A log whose warnings the test can read. */
function recordedLog() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  return { log: pino({ level: 'warn' }, { write }), lines };
}

/** A running schedule over real cameras, its analysis counted by camera. */
async function start(
  t: ExecutionContext,
  configs: CameraConfig[],
  options: Partial<CameraScheduleOptions> = {},
) {
  const analysed: string[] = [];
  const changes: CameraStatus[] = [];
  const state = await temporaryFolder(t);
  const schedule = new CameraSchedule({
    cameras: configs.map((config) => ({
      config,
      camera: createCamera(config, state, Date.now),
    })),
    analyse: async (camera) => {
      analysed.push(camera.id);
      return `image-${analysed.length}`;
    },
    onStatus: (change) => changes.push(change),
    log: silentLogger(),
    ...options,
  });
  await schedule.start();
  t.teardown(() => schedule.stop());
  /** The values that were reported of one camera, each time that they changed. */
  const reported = <K extends keyof CameraStatus>(id: string, key: K) =>
    changes
      .filter((change) => change.id === id)
      .map((change) => change[key])
      .filter((value, i, all) => i === 0 || value !== all[i - 1]);
  const statesOf = (id: string) => reported(id, 'state');
  return { schedule, analysed, statesOf, reported };
}

test('a camera that hangs and one that is dead do not delay the others', async (t) => {
  const good = await startCameraServer(t, picture());
  const hanging = await startCameraServer(t, silence);
  const configs = Array.from({ length: 8 }, (_, i) =>
    httpConfig(good.url, { id: `good-${i}`, ...EVERY_SECOND }),
  );
  configs.push(httpConfig(hanging.url, { id: 'hanging', timeoutSeconds: 30, ...EVERY_SECOND }));
  configs.push(httpConfig('http://127.0.0.1:9/', { id: 'dead', ...EVERY_SECOND }));
  const { schedule, analysed } = await start(t, configs);
  await eventually('three snapshots of every good camera', () =>
    schedule.statuses().every(({ id, taken }) => !id.startsWith('good') || taken >= 3),
  );
  t.false(analysed.includes('hanging'));
  t.is(hanging.requests.length, 1);
  for (const { id, skippedOverlap, failed } of schedule.statuses())
    if (id.startsWith('good')) {
      t.is(failed, 0);
      // A busy machine may be late once; a camera that waits for another one is late at each run.
      t.true(skippedOverlap <= 1, `${id} skipped ${skippedOverlap}`);
    }
  t.true(schedule.status('hanging').skippedOverlap >= 1);
  t.true(schedule.status('dead').failed >= 2);
});

test('more hanging cameras than the quick lane has permits delay the others no longer than patienceMs', async (t) => {
  const good = await startCameraServer(t, picture());
  const hanging = await startCameraServer(t, silence);
  const configs = Array.from({ length: 6 }, (_, i) =>
    httpConfig(hanging.url, { id: `hanging-${i}`, timeoutSeconds: 30, ...EVERY_SECOND }),
  );
  configs.push(httpConfig(good.url, { id: 'good', ...EVERY_SECOND }));
  const { schedule } = await start(t, configs, { lanes: { quick: 2, slow: 6, patienceMs: 50 } });
  await eventually('two snapshots of the good camera', () => schedule.status('good').taken >= 2);
  t.is(schedule.status('good').failed, 0);
  t.is(hanging.requests.length, 6);
});

test('a run is skipped and counted while the previous one is in progress', async (t) => {
  const server = await startCameraServer(t, picture());
  let most = 0;
  let running = 0;
  const { schedule } = await start(t, [httpConfig(server.url, EVERY_SECOND)], {
    analyse: async () => {
      most = Math.max(most, ++running);
      await sleep(1500);
      running--;
      return 'image';
    },
  });
  await eventually('two were taken', () => schedule.status('gate').taken >= 2);
  t.true(schedule.status('gate').skippedOverlap >= 1);
  t.is(most, 1);
});

test('a snapshot can be requested, and simultaneous requests share one', async (t) => {
  const server = await startCameraServer(t, picture());
  const { schedule } = await start(t, [httpConfig(server.url, NEVER)]);
  const both = await Promise.all([schedule.snapshotNow('gate'), schedule.snapshotNow('gate')]);
  t.deepEqual(both, ['image-1', 'image-1']);
  t.is(server.requests.length, 1);
  t.is(await schedule.snapshotNow('gate'), 'image-2');
});

test('a requested snapshot of a camera with nothing new is none, and no failure', async (t) => {
  const server = await startCameraServer(t, status(304));
  const { schedule } = await start(t, [httpConfig(server.url, NEVER)]);
  t.is(await schedule.snapshotNow('gate'), undefined);
  t.like(schedule.status('gate'), { state: 'starting', taken: 0, failed: 0 });
});

test('a camera that responds with something other than an image has failed; the request was valid', async (t) => {
  const server = await startCameraServer(t, picture());
  const { schedule } = await start(t, [httpConfig(server.url, NEVER)], {
    analyse: async (_camera, { bytes }) => {
      inspectImage(Buffer.from('<html>'), bytes.length);
      return 'image';
    },
  });
  const error = await t.throwsAsync(schedule.snapshotNow('gate'), { instanceOf: ProblemError });
  t.is(error?.code, 'camera_failed');
  t.is(error?.message, schedule.status('gate').lastError ?? '');
});

test('a requested snapshot of a failing or unknown camera is a problem with a code', async (t) => {
  const server = await startCameraServer(t, status(404));
  const { schedule } = await start(t, [httpConfig(server.url, NEVER)]);
  await t.throwsAsync(schedule.snapshotNow('gate'), {
    code: 'camera_failed',
    message: 'the camera responded with HTTP 404',
  });
  await t.throwsAsync(schedule.snapshotNow('attic'), { code: 'not_found' });
});

test('a paused camera takes snapshots only on request, until it is resumed', async (t) => {
  const server = await startCameraServer(t, picture());
  const config = httpConfig(server.url, { ...EVERY_SECOND, enabled: false });
  const { schedule, statesOf } = await start(t, [config]);
  t.like(schedule.status('gate'), { state: 'paused', nextRunAt: null });
  await sleep(1100);
  t.is(server.requests.length, 0);
  t.is(await schedule.snapshotNow('gate'), 'image-1');
  schedule.resume('gate');
  t.not(schedule.status('gate').nextRunAt, null);
  await eventually('it runs again', () => schedule.status('gate').taken >= 2);
  schedule.pause('gate');
  const { taken } = schedule.status('gate');
  await sleep(1100);
  t.is(schedule.status('gate').taken, taken);
  t.deepEqual(statesOf('gate'), ['paused', 'online', 'paused']);
});

test('a run that jitter has delayed does not happen after a pause', async (t) => {
  const server = await startCameraServer(t, picture());
  const config = httpConfig(server.url, { ...EVERY_SECOND, jitterSeconds: 2 });
  const { schedule } = await start(t, [config]);
  await sleep(2200);
  schedule.pause('gate');
  await sleep(50);
  const asked = server.requests.length;
  await sleep(2100);
  t.is(server.requests.length, asked);
});

test('a dead camera is offline after three failures, is tried less often, and recovers', async (t) => {
  let now = 1_000_000;
  const { log, lines } = recordedLog();
  const server = await startCameraServer(t, status(404));
  const { schedule, statesOf, reported } = await start(t, [httpConfig(server.url, EVERY_SECOND)], {
    clock: () => now,
    log,
  });
  await eventually('it is offline', () => schedule.status('gate').state === 'offline');
  t.like(schedule.status('gate'), {
    consecutiveFailures: 3,
    lastError: 'the camera responded with HTTP 404',
  });
  await sleep(1100);
  t.is(server.requests.length, 3);
  now += 5000;
  await eventually('it is probed', () => schedule.status('gate').consecutiveFailures === 4);
  t.is(server.requests.length, 4);
  server.answer(picture());
  now += 10_000;
  await eventually('it is online', () => schedule.status('gate').state === 'online');
  t.like(schedule.status('gate'), { consecutiveFailures: 0, lastError: null });
  t.deepEqual(statesOf('gate'), ['starting', 'offline', 'online']);
  t.deepEqual(reported('gate', 'circuit'), [
    'closed',
    'open',
    'half-open',
    'open',
    'half-open',
    'closed',
  ]);
  t.like(lines, [{ camera: 'gate', msg: 'camera offline: the camera responded with HTTP 404' }]);
  t.deepEqual(reported('gate', 'lastError'), [null, 'the camera responded with HTTP 404', null]);
});

test('a snapshot is dropped and counted if the queue is full, and the camera has not failed', async (t) => {
  const root = await temporaryFolder(t);
  await writeFile(join(root, 'a.jpg'), 'a');
  let isFull = true;
  const config = folderConfig(root, NEVER);
  const { schedule } = await start(t, [config], {
    analyse: async () => {
      if (isFull) throw new ProblemError('queue_full', 'try later');
      return 'image';
    },
  });
  await schedule.snapshotNow('drop');
  await t.throwsAsync(schedule.snapshotNow('drop'), { code: 'queue_full' });
  t.like(schedule.status('drop'), { state: 'starting', shed: 1, failed: 0, lastError: null });
  isFull = false;
  t.is(await schedule.snapshotNow('drop'), 'image', 'the file had stayed where it was');
});

test('an image that does not decode is a failure, and the next ones are still taken', async (t) => {
  const folder = await temporaryFolder(t);
  for (const name of ['1.jpg', '2.jpg', '3.jpg']) {
    await writeFile(join(folder, name), name);
    await sleep(20);
  }
  const seen: string[] = [];
  const { log, lines } = recordedLog();
  const config = folderConfig(folder, { ...NEVER, afterwards: 'delete' });
  const { schedule } = await start(t, [config], {
    log,
    analyse: async (_camera, snapshot) => {
      seen.push(snapshot.bytes.toString());
      if (seen.length === 2) throw new ProblemError('image_undecodable', 'not a picture');
      return 'image';
    },
  });
  await schedule.snapshotNow('drop');
  await schedule.snapshotNow('drop');
  t.deepEqual(seen, ['1.jpg', '2.jpg', '3.jpg']);
  t.like(schedule.status('drop'), { taken: 2, failed: 1, consecutiveFailures: 0 });
  t.deepEqual(await readdir(folder), ['2.jpg'], 'what was not analysed is not deleted');
  t.like(lines, [{ level: 40, camera: 'drop', file: '2.jpg', code: 'image_undecodable' }]);
  await schedule.snapshotNow('drop');
  t.is(seen.length, 3, 'and it is not returned again');
});

test('files that cannot be analysed do not suspend the runs of a folder', async (t) => {
  const folder = await temporaryFolder(t);
  for (let i = 0; i < 8; i++) await writeFile(join(folder, `${i}.jpg`), `${i}`);
  const { schedule } = await start(t, [folderConfig(folder, EVERY_SECOND)], {
    analyse: async (_camera, snapshot) => {
      if (snapshot.name !== 'new.jpg') throw new ProblemError('image_undecodable', 'no picture');
      return 'image';
    },
  });
  await eventually('all have failed', () => schedule.status('drop').failed === 8);
  await writeFile(join(folder, 'new.jpg'), 'new');
  await eventually('the new one is taken', () => schedule.status('drop').taken === 1, 4_000);
  t.like(schedule.status('drop'), { state: 'online', circuit: 'closed' });
});

test('a file whose analysis times out is retried once in a later run, and then skipped', async (t) => {
  const folder = await temporaryFolder(t);
  for (const name of ['1.jpg', '2.jpg']) {
    await writeFile(join(folder, name), name);
    await sleep(20);
  }
  const seen: string[] = [];
  const { log, lines } = recordedLog();
  const config = folderConfig(folder, { ...NEVER, afterwards: 'delete' });
  const { schedule } = await start(t, [config], {
    log,
    analyse: async (_camera, snapshot) => {
      const name = snapshot.bytes.toString();
      seen.push(name);
      if (name === '1.jpg') throw new ProblemError('detection_timeout', 'it took too long');
      return 'image';
    },
  });
  await schedule.snapshotNow('drop');
  await t.throwsAsync(schedule.snapshotNow('drop'), { code: 'detection_timeout' });
  t.deepEqual(seen, ['1.jpg']);
  await schedule.snapshotNow('drop');
  t.deepEqual(seen, ['1.jpg', '1.jpg', '2.jpg']);
  await schedule.snapshotNow('drop');
  t.is(seen.length, 3);
  t.deepEqual(await readdir(folder), ['1.jpg']);
  t.deepEqual(
    lines.map(({ file, code, msg }) => ({ file, code, msg })),
    ['file not analysed; retrying once', 'file skipped; it is not deleted'].map((msg) => ({
      file: '1.jpg',
      code: 'detection_timeout',
      msg,
    })),
  );
});

test('a file that is analysed at the second attempt is deleted like any other', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a.jpg'), 'a');
  let attempts = 0;
  const config = folderConfig(folder, { ...NEVER, afterwards: 'delete' });
  const { schedule } = await start(t, [config], {
    analyse: async () => {
      if (++attempts === 1) throw new ProblemError('detection_timeout', 'it took too long');
      return 'image';
    },
  });
  await schedule.snapshotNow('drop');
  await t.throwsAsync(schedule.snapshotNow('drop'), { code: 'detection_timeout' });
  t.is(await schedule.snapshotNow('drop'), 'image');
  t.deepEqual(await readdir(folder), []);
});

test('an internal error keeps the file, and its message is not shown in the status', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a.jpg'), 'a');
  const config = folderConfig(folder, { ...NEVER, afterwards: 'delete' });
  const { schedule } = await start(t, [config], {
    analyse: async () => {
      throw new Error('SQLITE_FULL at row 7');
    },
  });
  await schedule.snapshotNow('drop');
  await t.throwsAsync(schedule.snapshotNow('drop'), { message: 'SQLITE_FULL at row 7' });
  t.is(schedule.status('drop').lastError, 'the snapshot could not be analysed; see the log');
  t.deepEqual(await readdir(folder), ['a.jpg']);
});

test('a stop aborts fetches, waits for the analysis, and leaves no schedule behind', async (t) => {
  const hanging = await startCameraServer(t, silence);
  const good = await startCameraServer(t, picture());
  let analysed = false;
  const { schedule } = await start(
    t,
    [
      httpConfig(hanging.url, { id: 'stopped-1', timeoutSeconds: 60, ...NEVER }),
      httpConfig(good.url, { id: 'stopped-2', ...NEVER }),
    ],
    {
      analyse: async () => {
        await sleep(300);
        analysed = true;
        return 'image';
      },
    },
  );
  const unanswered = t.throwsAsync(schedule.snapshotNow('stopped-1'));
  const answered = schedule.snapshotNow('stopped-2');
  await eventually('both were asked', () => hanging.requests.length + good.requests.length === 2);
  await sleep(50);
  await schedule.stop();
  t.true(analysed);
  t.is(await answered, 'image');
  await unanswered;
  t.is(schedule.status('stopped-1').failed, 0, 'a stop is no failure');
  await t.throwsAsync(schedule.snapshotNow('stopped-2'), { code: 'shutting_down' });
  for (const id of ['stopped-1', 'stopped-2']) t.is(schedule.status(id).nextRunAt, null);
});

test('the schedule empties a watched folder', async (t) => {
  const folder = join(await temporaryFolder(t), 'drop');
  await mkdir(folder);
  for (let i = 0; i < 20; i++) await writeFile(join(folder, `${i}.jpg`), `${i}`);
  const config = folderConfig(folder, { ...EVERY_SECOND, afterwards: 'delete' });
  const { schedule } = await start(t, [config]);
  await eventually('all are taken', () => schedule.status('drop').taken === 20);
  await schedule.stop();
  t.deepEqual(await readdir(folder), []);
});

/** A camera without a network that counts how often it is asked; each two seconds, by a clock that the test sets. */
async function countedCamera(t: ExecutionContext, start: string, schedule = '*/2 * * * * *') {
  const time = new FakeTime(start);
  let asked = 0;
  const cameras = new CameraSchedule({
    cameras: [
      {
        config: httpConfig('http://127.0.0.1:9/', { id: 'counted', schedule }),
        camera: {
          take: async () => {
            asked++;
            return undefined;
          },
        },
      },
    ],
    analyse: async () => undefined,
    log: silentLogger(),
    clock: time.wall,
    time,
  });
  await cameras.start();
  t.teardown(() => cameras.stop());
  return {
    time,
    /** How often it is asked within a time. */
    async within(ms: number) {
      const before = asked;
      await time.pass(ms);
      return asked - before;
    },
  };
}

for (const [name, byMs] of [
  ['back by an hour', -3_600_000],
  ['back by a year', -365 * 86_400_000],
  ['ahead by a day', 86_400_000],
  ['ahead by 178 days', 178 * 86_400_000],
] as const)
  test(`a clock that is set ${name} neither stops a camera nor makes up for missed runs`, async (t) => {
    const { time, within } = await countedCamera(t, '2026-11-27T12:00:00Z');
    t.is(await within(60_000), 30);
    time.setWall(byMs);
    const began = performance.now();
    const after = await within(60_000);
    t.true(after >= 29 && after <= 32, `${after} runs in a minute`);
    t.true(performance.now() - began < 5_000, 'no walk over the missed runs');
  });

test('a login that was given up is tried once more after a reload, and not after a change of another camera', async (t) => {
  const auth = { username: 'viewer', password: 'wrong' };
  const camera = await startCameraServer(t, challenge('Basic realm="camera"'));
  const gate = httpConfig(camera.url, { ...NEVER, auth });
  const yard = (name: string) => httpConfig(camera.url, { id: 'yard', ...NEVER, name });
  let retries = 0;
  const created = createCamera(gate, await temporaryFolder(t), Date.now);
  const retryLogin = created.retryLogin?.bind(created);
  created.retryLogin = () => {
    retries++;
    retryLogin?.();
  };
  const { schedule } = await start(t, [], { cameras: [{ config: gate, camera: created }] });
  const create = (config: CameraConfig) => createCamera(config, '/nowhere', Date.now);
  await schedule.replace([gate, yard('a')], create, { retriesLogins: false });
  await schedule.replace([gate, yard('b')], create, { retriesLogins: false });
  t.is(retries, 0);
  await schedule.replace([gate, yard('b')], create);
  t.is(retries, 1);
});
