import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { pino } from 'pino';
import { CronJob } from '../../../core/runtime/cron-job.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import { eventually } from '../../support/eventually.js';

const EVERY_SECOND = '* * * * * *';
const NEVER = '0 0 0 29 2 *';

test('failed work is logged, and runs again', async (t) => {
  const lines: string[] = [];
  let runs = 0;
  const job = new CronJob({
    name: 'sweep',
    schedule: EVERY_SECOND,
    work: async () => {
      if (++runs === 1) throw new Error('no disk');
    },
    failure: 'it could not be swept',
    log: pino({}, { write: (line: string) => lines.push(line) }),
  });
  job.start();
  t.teardown(() => job.stop());
  await eventually('a second run', () => runs >= 2);
  t.is(lines.length, 1);
  t.like(JSON.parse(lines[0] ?? ''), { error: 'no disk', msg: 'it could not be swept' });
});

test('runs do not overlap, and stopping waits for the current one', async (t) => {
  const happened: string[] = [];
  const work = async () => {
    happened.push('begins');
    await sleep(50);
    happened.push('ends');
  };
  const job = new CronJob({
    name: 'sweep',
    schedule: NEVER,
    work,
    failure: '',
    log: silentLogger(),
  });
  job.start();
  void job.run();
  void job.run();
  await job.stop();
  t.deepEqual(happened, ['begins', 'ends', 'begins', 'ends']);
});
