import test, { type ExecutionContext } from 'ava';
import { ProblemError } from '../../../../core/runtime/errors.js';
import { silentLogger } from '../../../../core/runtime/logger.js';
import {
  type Backlog,
  type Camera,
  CameraError,
  type Snapshot,
} from '../../../../edge/cameras/camera.js';
import type { CameraStatus } from '../../../../edge/cameras/camera-status.js';
import { CameraWatch } from '../../../../edge/cameras/schedule/camera-watch.js';
import { FetchLanes } from '../../../../edge/cameras/schedule/fetch-lanes.js';
import { FakeTime } from '../../../support/fake-time.js';
import { cameraConfig } from '../../support/cameras.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

type Answer = () => Buffer | undefined;

/** A camera of a kind, whose answers the test gives, on a time that the test lets pass. */
function watched(t: ExecutionContext, settings: Record<string, unknown>, first: Answer) {
  const time = new FakeTime('2026-03-02T12:00:30');
  const state = { answer: first, refuse: undefined as ProblemError | undefined };
  let backlog: Backlog | undefined;
  const snapshotOf = (bytes: Buffer): Snapshot => ({
    bytes,
    takenAt: time.wall(),
    more: false,
    markProcessed: async () => {},
  });
  const camera: Camera = {
    async take() {
      const bytes = state.answer();
      return bytes && snapshotOf(bytes);
    },
    ...(settings.kind === 'folder' && { backlog: () => backlog as Backlog }),
  };
  const reported: CameraStatus[] = [];
  const watch = new CameraWatch(cameraConfig(settings), camera, {
    analyse: async () => {
      if (state.refuse) throw state.refuse;
      return 'image';
    },
    onStatus: (status) => reported.push(status),
    lanes: new FetchLanes(),
    longestAnalysisMs: MINUTE,
    clock: time.wall,
    time,
    log: silentLogger(),
  });
  watch.start();
  t.teardown(() => watch.stop());
  /** Time passes, and the watch is checked as often as in the service. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10 * SECOND) {
      await time.pass(Math.min(10 * SECOND, ms - passed));
      watch.check();
    }
  };
  return { watch, time, state, pass, reported, leave: (left: Backlog) => (backlog = left) };
}

const http = (more: Record<string, unknown> = {}) => ({
  kind: 'http',
  url: 'http://127.0.0.1:9/',
  schedule: '*/10 * * * * *',
  ...more,
});
const folder = (more: Record<string, unknown> = {}) => ({ kind: 'folder', path: '/drop', ...more });

function changing(): Answer {
  let i = 0;
  return () => Buffer.from(`picture ${i++}`);
}
const same: Answer = () => Buffer.from('picture');
const nothing: Answer = () => undefined;
const refused = (): Buffer => {
  throw new CameraError('unreadable', 'the camera sent no whole picture in its stream');
};

test('a camera is starting until its first analysed picture, then online', async (t) => {
  const { watch, state, pass } = watched(t, http(), nothing);
  await pass(MINUTE);
  t.like(watch.status, { state: 'starting', taken: 0, failed: 0 });
  state.answer = changing();
  await pass(10 * SECOND);
  t.like(watch.status, { state: 'online', taken: 1 });
});

test('the same picture for five minutes is frozen, and a new one ends that', async (t) => {
  const { watch, state, pass, reported } = watched(t, http(), same);
  await pass(5 * MINUTE);
  t.is(watch.status.state, 'online');
  await pass(20 * SECOND);
  t.like(watch.status, {
    state: 'frozen',
    lastError: 'the camera sends the same picture again and again',
  });
  t.true(watch.status.taken > 30, 'the pictures are analysed all the same');
  state.answer = changing();
  await pass(10 * SECOND);
  t.like(watch.status, { state: 'online', lastError: null, pictureAgeSeconds: 0 });
  t.deepEqual(
    reported.map(({ state }) => state),
    ['starting', 'online', 'frozen', 'online'],
  );
});

test('a camera that answers "not modified" for ever is frozen', async (t) => {
  const { watch, state, pass } = watched(t, http(), same);
  await pass(10 * SECOND);
  state.answer = nothing;
  await pass(6 * MINUTE);
  t.is(watch.status.state, 'frozen');
});

test('a stream that sends nothing new is stale, and so is a camera that never sent anything', async (t) => {
  const mjpeg = { kind: 'mjpeg', url: 'http://127.0.0.1:9/' };
  const { watch, pass } = watched(t, mjpeg, nothing);
  await pass(4 * MINUTE);
  t.is(watch.status.state, 'starting');
  await pass(2 * MINUTE);
  t.like(watch.status, { state: 'stale', circuit: 'closed' });
  t.regex(watch.status.lastError ?? '', /no new picture was analysed/);
});

test('by default ten runs have to pass, however long they take', async (t) => {
  const { watch, pass } = watched(t, http({ schedule: '0 */5 * * * *' }), same);
  await pass(5 * MINUTE);
  t.is(watch.status.state, 'online');
  await pass(44 * MINUTE);
  t.is(watch.status.state, 'online');
  await pass(11 * MINUTE);
  t.is(watch.status.state, 'frozen');
});

test('the limit can be set', async (t) => {
  const settings = http({ schedule: '0 */5 * * * *', maxPictureAgeSeconds: 900 });
  const { watch, pass } = watched(t, settings, same);
  await pass(19 * MINUTE);
  t.is(watch.status.state, 'online');
  await pass(2 * MINUTE);
  t.is(watch.status.state, 'frozen');
});

test('a closed time window stops the age, and a pause does', async (t) => {
  const windows = [{ from: '12:00', to: '12:04' }];
  const { watch, pass } = watched(t, http({ windows }), same);
  await pass(20 * MINUTE);
  t.is(watch.status.state, 'online');
  // Half a minute is left of today's window; the runs of tomorrow's are needed.
  t.true(watch.status.pictureAgeSeconds <= 210);

  const paused = watched(t, http(), same);
  await paused.pass(4 * MINUTE);
  paused.watch.pause();
  await paused.pass(20 * MINUTE);
  paused.watch.resume();
  t.is(paused.watch.status.state, 'online');
  await paused.pass(2 * MINUTE);
  t.is(paused.watch.status.state, 'frozen');
});

test('a clock that is set does not make a picture old, and does not hide that it is', async (t) => {
  const { watch, time, pass } = watched(t, http(), same);
  await pass(MINUTE);
  time.setWall(90 * 86_400 * SECOND);
  await pass(MINUTE);
  t.is(watch.status.state, 'online');
  time.setWall(-365 * 86_400 * SECOND);
  await pass(4 * MINUTE);
  t.is(watch.status.state, 'frozen');
});

test('why a picture was refused stays until one is analysed', async (t) => {
  const { watch, state, pass } = watched(t, http(), refused);
  await pass(10 * SECOND);
  state.answer = nothing;
  await pass(20 * SECOND);
  t.like(watch.status, {
    state: 'starting',
    lastError: 'the camera sent no whole picture in its stream',
  });
  state.answer = changing();
  state.refuse = new ProblemError('image_undecodable', 'It cannot be decoded.');
  await pass(10 * SECOND);
  state.answer = nothing;
  await pass(20 * SECOND);
  t.is(watch.status.lastError, 'It cannot be decoded.');
  state.refuse = undefined;
  state.answer = changing();
  await pass(10 * SECOND);
  t.like(watch.status, { state: 'online', lastError: null });
});

test('a connection that failed is over with the next response', async (t) => {
  const away = () => {
    throw new CameraError('unreachable', 'the camera is unreachable (ECONNREFUSED)');
  };
  const { watch, state, pass } = watched(t, http(), same);
  await pass(10 * SECOND);
  state.answer = away;
  await pass(10 * SECOND);
  t.regex(watch.status.lastError ?? '', /unreachable/);
  state.answer = nothing;
  await pass(10 * SECOND);
  t.is(watch.status.lastError, null);
});

test('a folder may be quiet for days, unless a limit is set', async (t) => {
  const quiet = watched(t, folder(), changing());
  quiet.leave({ waiting: 0, skipped: 3, reasons: { otherExtension: 3 }, hasTaken: true });
  await quiet.pass(10 * SECOND);
  quiet.state.answer = nothing;
  await quiet.pass(30 * MINUTE);
  t.like(quiet.watch.status, { state: 'online', pictureAgeSeconds: 0 });

  const limited = watched(t, folder({ maxPictureAgeSeconds: 600 }), changing());
  limited.leave({ waiting: 0, skipped: 0, reasons: {}, hasTaken: true });
  await limited.pass(10 * SECOND);
  limited.state.answer = nothing;
  await limited.pass(11 * MINUTE);
  t.is(limited.watch.status.state, 'stale');
});

for (const [what, left] of Object.entries({
  'files that wait': { waiting: 2, skipped: 0, reasons: {}, hasTaken: true },
  'only files of another kind': {
    waiting: 0,
    skipped: 4,
    reasons: { otherExtension: 4 },
    hasTaken: false,
  },
  'files that cannot be read': {
    waiting: 0,
    skipped: 4,
    reasons: { unreadable: 4 },
    hasTaken: true,
  },
}))
  test(`a folder with ${what} is stale, and says why`, async (t) => {
    const { watch, pass, leave } = watched(t, folder(), nothing);
    leave(left);
    await pass(4 * MINUTE);
    t.is(watch.status.state, 'starting');
    await pass(2 * MINUTE);
    t.is(watch.status.state, 'stale');
    t.regex(watch.status.lastError ?? '', /^files are not taken: \d waiting/);
    t.deepEqual(watch.status.backlog, left);
  });

test('a file that was refused and followed by a picture is no reason', async (t) => {
  const { watch, pass, leave, state } = watched(t, folder(), nothing);
  leave({ waiting: 0, skipped: 1, reasons: { tooLarge: 1 }, hasTaken: true });
  await pass(MINUTE);
  state.answer = changing();
  await pass(10 * SECOND);
  state.answer = nothing;
  await pass(20 * MINUTE);
  t.is(watch.status.state, 'online');
});

test('uploads that are refused make a push camera stale; silence alone does not', async (t) => {
  const silent = watched(t, { kind: 'push' }, nothing);
  await silent.pass(20 * MINUTE);
  t.is(silent.watch.status.state, 'starting');
  const { watch, pass } = watched(t, { kind: 'push' }, nothing);
  watch.recordRefusedUpload('The token is unknown.');
  await pass(6 * MINUTE);
  t.like(watch.status, {
    state: 'stale',
    lastError: 'an upload was refused: The token is unknown.',
  });
});
