import test from 'ava';
import { DetectionPool } from '../../../../../core/detection/pool/detection-pool.js';
import type { JobRecord } from '../../../../../core/detection/pool/job-record.js';
import { ProblemError, StartError } from '../../../../../core/runtime/errors.js';
import { silentLogger } from '../../../../../core/runtime/logger.js';
import {
  plainImage,
  planFor,
  startPool,
  workerOf,
} from '../../../../core/detection/detection-setup.js';
import { eventually } from '../../../../support/eventually.js';

const picture = () => plainImage(320, 240).jpeg().toBuffer();

/** The code of the problem that a promise ends with, or `ok`. */
const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'ok',
    (error) => (error instanceof ProblemError ? error.code : error),
  );

test.serial('kill -9 of a worker during a job costs exactly that job', async (t) => {
  const pool = await startPool(t);
  const [bytes, plan] = [await picture(), await planFor()];
  const pid = workerOf(pool);
  process.kill(pid, 'SIGSTOP');
  const doomed = outcome(pool.analyse(bytes, plan));
  const waiting = [1, 2, 3].map(() => outcome(pool.analyse(bytes, plan)));
  process.kill(pid, 'SIGKILL');
  t.is(await doomed, 'image_crashed_decoder');
  t.deepEqual(await Promise.all(waiting), ['ok', 'ok', 'ok']);
  t.like(pool.status(), { state: 'ok', ready: 1, restarts: 1 });
});

test.serial('a worker that dies while idle costs no job', async (t) => {
  const pool = await startPool(t);
  const [bytes, plan] = [await picture(), await planFor()];
  process.kill(workerOf(pool), 'SIGKILL');
  // The worker is gone, and the pool has had no chance yet to hear of it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  t.is(await outcome(pool.analyse(bytes, plan)), 'ok');
});

test.serial('a job that meets two dead workers leaves the living one its work', async (t) => {
  const pool = await startPool(t, { workers: 3 });
  await eventually('all are ready', () => pool.status().ready === 3);
  const [bytes, plan] = [await picture(), await planFor()];
  // What was ready last gets a job first. The pool has had no chance yet to hear of their end.
  for (const pid of pool.status().pids.slice(1)) process.kill(pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  t.is(await outcome(pool.analyse(bytes, plan)), 'detection_unavailable');
  await eventually('all are back', () => pool.status().restarts === 2 && pool.status().ready === 3);
  const jobs = [1, 2, 3].map(() => outcome(pool.analyse(bytes, plan)));
  t.like(pool.status(), { busy: 3, queued: 0 });
  t.deepEqual(await Promise.all(jobs), ['ok', 'ok', 'ok']);
});

test.serial(
  'a job that hangs its worker is ended at its deadline, and the next one runs',
  async (t) => {
    const pool = await startPool(t, { jobDeadlineMs: 3_000 });
    const [bytes, plan] = [await picture(), await planFor()];
    process.kill(workerOf(pool), 'SIGSTOP');
    t.is(await outcome(pool.analyse(bytes, plan)), 'detection_timeout');
    t.is(await outcome(pool.analyse(bytes, plan)), 'ok');
    t.is(pool.status().restarts, 1);
  },
);

test.serial(
  'jobs that hang their workers one after another cost nobody else the pool',
  async (t) => {
    const restarts = { count: 1, windowMs: 60_000 };
    const pool = await startPool(t, { jobDeadlineMs: 2_000, restarts });
    const [bytes, plan] = [await picture(), await planFor()];
    for (let hung = 1; hung <= 3; hung++) {
      process.kill(workerOf(pool), 'SIGSTOP');
      t.is(await outcome(pool.analyse(bytes, plan)), 'detection_timeout');
      await eventually(
        'it is back',
        () => pool.status().restarts === hung && pool.status().ready === 1,
      );
    }
    t.is(pool.status().state, 'ok');
    t.is(await outcome(pool.analyse(bytes, plan)), 'ok');
  },
);

test.serial(
  'a full queue refuses with the time to retry, and accepts jobs once there is room',
  async (t) => {
    const pool = await startPool(t, { queueJobs: 2 });
    const [bytes, plan] = [await picture(), await planFor()];
    const pid = workerOf(pool);
    process.kill(pid, 'SIGSTOP');
    const taken = [1, 2, 3].map(() => outcome(pool.analyse(bytes, plan)));
    t.like(pool.status(), { busy: 1, queued: 2 });
    const error = await t.throwsAsync(pool.analyse(bytes, plan), { instanceOf: ProblemError });
    t.is(error?.code, 'queue_full');
    t.true((error?.retryAfter ?? 0) >= 1);
    process.kill(pid, 'SIGCONT');
    t.deepEqual(await Promise.all(taken), ['ok', 'ok', 'ok']);
    t.is(await outcome(pool.analyse(bytes, plan)), 'ok');
  },
);

test.serial('the queue is also bounded in bytes', async (t) => {
  const bytes = await picture();
  const pool = await startPool(t, { queueBytes: Math.floor(bytes.length * 1.5) });
  const plan = await planFor();
  const pid = workerOf(pool);
  process.kill(pid, 'SIGSTOP');
  const taken = [1, 2].map(() => outcome(pool.analyse(bytes, plan)));
  t.is(await outcome(pool.analyse(bytes, plan)), 'queue_full');
  process.kill(pid, 'SIGCONT');
  t.deepEqual(await Promise.all(taken), ['ok', 'ok']);
});

test.serial(
  'a pool whose workers keep dying answers at once, and recovers automatically',
  async (t) => {
    const pool = await startPool(t, { restarts: { count: 2, windowMs: 15_000 } });
    const [bytes, plan] = [await picture(), await planFor()];
    for (let restarts = 1; restarts <= 2; restarts++) {
      process.kill(workerOf(pool), 'SIGKILL');
      await eventually(
        'the worker was replaced',
        () => pool.status().restarts === restarts && pool.status().ready === 1,
      );
    }
    const pid = workerOf(pool);
    process.kill(pid, 'SIGSTOP');
    const running = outcome(pool.analyse(bytes, plan));
    const queued = outcome(pool.analyse(bytes, plan));
    process.kill(pid, 'SIGKILL');
    t.is(await running, 'image_crashed_decoder');
    t.is(await queued, 'detection_unavailable');
    t.is(pool.status().state, 'unavailable');
    const error = await t.throwsAsync(pool.analyse(bytes, plan), { instanceOf: ProblemError });
    t.is(error?.code, 'detection_unavailable');
    t.true((error?.retryAfter ?? 0) >= 1);
    await eventually('the budget allowed a worker again', () => pool.status().state === 'ok');
    t.is(await outcome(pool.analyse(bytes, plan)), 'ok');
  },
);

test.serial('with one of two workers missing the pool is degraded and continues', async (t) => {
  const pool = await startPool(t, { workers: 2, restarts: { count: 1, windowMs: 60_000 } });
  await eventually('both workers are ready', () => pool.status().ready === 2);
  const [first, second] = pool.status().pids;
  if (first === undefined || second === undefined) throw new Error('there are no two workers');
  process.kill(first, 'SIGKILL');
  await eventually(
    'it was replaced',
    () => pool.status().restarts === 1 && pool.status().ready === 2,
  );
  process.kill(second, 'SIGKILL');
  await eventually('the pool is degraded', () => pool.status().state === 'degraded');
  t.is(await outcome(pool.analyse(await picture(), await planFor())), 'ok');
});

test.serial(
  'stopping refuses waiting jobs, lets running ones finish, and leaves no process',
  async (t) => {
    const pool = await startPool(t);
    const [bytes, plan] = [await picture(), await planFor()];
    const pid = workerOf(pool);
    const running = outcome(pool.analyse(bytes, plan));
    const queued = outcome(pool.analyse(bytes, plan));
    await pool.stop();
    t.is(await running, 'ok');
    t.is(await queued, 'shutting_down');
    t.is(await outcome(pool.analyse(bytes, plan)), 'shutting_down');
    t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  },
);

test.serial('stopping does not wait for a job that hangs', async (t) => {
  const pool = await startPool(t, { stopGraceMs: 100 });
  process.kill(workerOf(pool), 'SIGSTOP');
  const hanging = outcome(pool.analyse(await picture(), await planFor()));
  await pool.stop();
  t.is(await hanging, 'image_crashed_decoder');
});

test.serial(
  'workers that never become ready are a failed start, with a clear message',
  async (t) => {
    const pool = new DetectionPool({ log: silentLogger(), workers: 2, handshakeDeadlineMs: 1 });
    const error = await t.throwsAsync(pool.start(), { instanceOf: StartError });
    t.is(error?.message, 'A detection worker did not answer in time.');
    t.is(pool.status().state, 'unavailable');
  },
);

test.serial('each job is reported with its outcome and times', async (t) => {
  const records: JobRecord[] = [];
  const pool = await startPool(t, { onJob: (record) => records.push(record) });
  const plan = await planFor();
  await pool.analyse(await picture(), plan);
  await pool.draw(await picture(), []);
  await outcome(pool.analyse(Buffer.from('text'), plan));
  t.deepEqual(
    records.map(({ kind, outcome }) => [kind, outcome]),
    [
      ['analyse', 'done'],
      ['draw', 'done'],
      ['analyse', 'image_undecodable'],
    ],
  );
  const [first] = records;
  const { runMs = 0, decodeMs = 0, detectMs = 0 } = first ?? {};
  t.true(decodeMs > 0 && detectMs > 0 && runMs >= decodeMs + detectMs);
});
