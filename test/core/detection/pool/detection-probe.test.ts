import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { DetectionPool, PoolOptions } from '../../../../core/detection/pool/detection-pool.js';
import { DetectionProbe } from '../../../../core/detection/pool/detection-probe.js';
import { eventually } from '../../../support/eventually.js';
import { plainImage, planFor, startPool, workerOf } from '../detection-setup.js';

const JOB_MS = 10_000;
const MINUTE_MS = 60_000;

/** A pool with its probe, whose clock the test moves on. */
async function probed(t: ExecutionContext, options: Partial<PoolOptions> = {}) {
  const jobs: string[] = [];
  const pool = await startPool(t, {
    jobDeadlineMs: JOB_MS,
    onJob: ({ kind }) => jobs.push(kind),
    ...options,
  });
  let now = 0;
  const probe = new DetectionProbe({ pool, jobDeadlineMs: JOB_MS, now: () => now });
  const checkAfter = (ms: number) => {
    now += ms;
    return probe.check();
  };
  return { pool, jobs, checkAfter };
}

const nextAnswer = (pool: DetectionPool) => {
  const { replies } = pool.status();
  return eventually('a worker answered', () => pool.status().replies > replies);
};

test.serial('idle workers are pinged, and are healthy as long as they reply', async (t) => {
  const { pool, jobs, checkAfter } = await probed(t);
  for (let i = 0; i < 5; i++) {
    const answered = nextAnswer(pool);
    t.is(checkAfter(MINUTE_MS), undefined);
    await answered;
  }
  t.deepEqual(jobs, [], 'pings are no jobs');
  t.is(pool.status().restarts, 0);
});

test.serial('a worker that does not answer is a fault, which ends with an answer', async (t) => {
  const { pool, checkAfter } = await probed(t);
  const first = nextAnswer(pool);
  t.is(checkAfter(0), undefined);
  await first;
  t.is(checkAfter(1_000), undefined);
  const pid = workerOf(pool);
  await nextAnswer(pool);
  process.kill(pid, 'SIGSTOP');
  t.is(checkAfter(JOB_MS), undefined, 'an answer had come before');
  t.is(checkAfter(JOB_MS), undefined);
  t.is(checkAfter(MINUTE_MS + 1), 'no detection worker has answered for 1.2 min');
  const again = nextAnswer(pool);
  process.kill(pid, 'SIGCONT');
  await again;
  t.is(checkAfter(1), undefined);
});

test.serial(
  'a busy worker is not pinged, and its job ends in time or by its deadline',
  async (t) => {
    const { pool, checkAfter } = await probed(t, { jobDeadlineMs: 1_000 });
    t.is(checkAfter(0), undefined);
    await eventually(
      'the ping was answered',
      () => pool.status().replies === 1 && pool.status().busy === 0,
    );
    process.kill(workerOf(pool), 'SIGSTOP');
    const bytes = await plainImage(64, 64).jpeg().toBuffer();
    const job = pool.analyse(bytes, await planFor());
    t.is(checkAfter(JOB_MS), undefined);
    t.is(pool.status().queued, 0, 'no ping waits behind it');
    await t.throwsAsync(job, { code: 'detection_timeout' });
    await eventually('there is another worker', () => pool.status().ready === 1);
    t.is(checkAfter(MINUTE_MS), undefined, 'the pool has told of the job that was late');
  },
);

test.serial(
  'each of several idle workers is pinged, and the one that hangs is replaced',
  async (t) => {
    const { pool, checkAfter } = await probed(t, { workers: 2, jobDeadlineMs: 500 });
    await eventually('both are ready', () => pool.status().ready === 2);
    const hung = workerOf(pool);
    process.kill(hung, 'SIGSTOP');
    t.is(checkAfter(0), undefined);
    await eventually(
      'it was replaced',
      () => pool.status().ready === 2 && !pool.status().pids.includes(hung),
    );
    t.is(pool.status().restarts, 1);
    t.is(checkAfter(MINUTE_MS), undefined, 'the other one had answered');
  },
);

test.serial(
  'workers that keep ending are left to the pool to replace for ten minutes',
  async (t) => {
    const { pool, checkAfter } = await probed(t, { restarts: { count: 1, windowMs: 600_000 } });
    t.is(checkAfter(0), undefined);
    for (const restarts of [0, 1]) {
      await eventually(
        'ready',
        () => pool.status().ready === 1 && pool.status().restarts === restarts,
      );
      process.kill(workerOf(pool), 'SIGKILL');
    }
    await eventually('none is left', () => pool.status().ready === 0);
    t.is(checkAfter(5 * MINUTE_MS), undefined);
    t.is(checkAfter(5 * MINUTE_MS), undefined);
    t.is(checkAfter(MINUTE_MS), 'no detection worker has been ready for 11.0 min');
  },
);
