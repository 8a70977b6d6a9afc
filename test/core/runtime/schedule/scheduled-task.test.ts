import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { pino } from 'pino';
import { silentLogger } from '../../../../core/runtime/logger.js';
import {
  ScheduledTask,
  type ScheduledTaskOptions,
} from '../../../../core/runtime/schedule/scheduled-task.js';
import { eventually } from '../../../support/eventually.js';
import { FakeTime } from '../../../support/fake-time.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const START = '2026-11-27T12:00:00.400Z';

/** A task in UTC that counts its runs, started at `START`. */
function task(schedule: string, options: Partial<ScheduledTaskOptions> = {}, start = START) {
  const time = options.time instanceof FakeTime ? options.time : new FakeTime(start);
  /** By steady time, and by the wall clock. */
  const runs: number[] = [];
  const walls: string[] = [];
  const scheduled = new ScheduledTask({
    name: 'sweep',
    schedule,
    zone: 'UTC',
    log: silentLogger(),
    work: async () => {
      runs.push(time.steady());
      walls.push(new Date(time.wall()).toISOString().slice(11, 19));
    },
    ...options,
    time,
  });
  scheduled.start();
  return { time, runs, walls, task: scheduled };
}

const longestPause = (runs: number[]) =>
  Math.max(...runs.slice(1).map((at, index) => at - (runs[index] ?? 0)));

test('runs begin when they are due, and the next one is known', async (t) => {
  const { time, walls, task: sweep } = task('*/10 * * * * *');
  t.is(sweep.nextRunAt, Date.parse('2026-11-27T12:00:10Z'));
  t.is(sweep.msToNextRun, 9_600);
  await time.pass(MINUTE_MS);
  t.deepEqual(walls, ['12:00:10', '12:00:20', '12:00:30', '12:00:40', '12:00:50', '12:01:00']);
  t.is(sweep.nextRunAt, Date.parse('2026-11-27T12:01:10Z'));
});

test('a rare schedule runs when it is due', async (t) => {
  const { time, walls } = task('0 30 2 * * *');
  await time.pass(2 * DAY_MS);
  t.deepEqual(walls, ['02:30:00', '02:30:00']);
});

for (const [name, byMs] of [
  ['forward by an hour', HOUR_MS],
  ['forward by a day', DAY_MS],
  ['forward by 178 days', 178 * DAY_MS],
  ['forward by 16 years', 16 * 365 * DAY_MS],
  ['back by ten minutes', -10 * MINUTE_MS],
  ['back by two hours', -2 * HOUR_MS],
  ['back by a year', -365 * DAY_MS],
] as const) {
  test(`a clock set ${name} costs eight schedules one run each at most, and no time`, async (t) => {
    const time = new FakeTime(START);
    const tasks = Array.from({ length: 8 }, () => task('* * * * * *', { time }));
    await time.pass(5 * SECOND_MS);
    for (const { runs } of tasks) t.is(runs.length, 5);
    time.setWall(byMs);
    const begun = performance.now();
    for (const { task: sweep } of tasks) sweep.check();
    t.true(performance.now() - begun < 500);
    await time.pass(10 * SECOND_MS);
    for (const { runs } of tasks) {
      t.true(runs.length >= 15 && runs.length <= 16, `${runs.length} runs`);
      t.true(longestPause(runs) <= SECOND_MS);
    }
  });

  test(`a clock set ${name} makes no interval longer`, async (t) => {
    const intervals = [
      ['*/2 * * * * *', 2 * SECOND_MS],
      ['0 * * * * *', MINUTE_MS],
      ['0 */10 * * * *', 10 * MINUTE_MS],
      ['0 17 * * * *', HOUR_MS],
    ] as const;
    for (const [schedule, length] of intervals) {
      const { time, runs, task: sweep } = task(schedule);
      await time.pass(2.7 * length);
      time.setWall(byMs);
      t.true((sweep.msToNextRun ?? Number.NaN) <= length, schedule);
      await time.pass(4 * length);
      t.true(longestPause(runs) <= length, `${schedule}: ${runs}`);
      t.true(runs.length <= 9, `${schedule}: ${runs.length} runs`);
    }
  });
}

test('a clock that is set again and again makes no interval longer', async (t) => {
  const { time, runs } = task('0 * * * * *');
  for (let i = 0; i < 60; i++) {
    await time.pass(7 * SECOND_MS);
    time.setWall((i % 2 === 0 ? -1 : 1) * (i + 3) * SECOND_MS);
  }
  await time.pass(2 * MINUTE_MS);
  t.true(longestPause(runs) <= MINUTE_MS + 10 * SECOND_MS, `${runs}`);
});

test('a time of day does not run twice since the clock was set back by less than three hours', async (t) => {
  const { time, walls, task: sweep } = task('0 30 2 * * *', {}, '2026-11-27T02:00:00Z');
  await time.pass(35 * MINUTE_MS);
  t.deepEqual(walls, ['02:30:00']);
  time.setWall(-20 * MINUTE_MS);
  t.is(sweep.nextRunAt, Date.parse('2026-11-28T02:30:00Z'));
  await time.pass(HOUR_MS);
  t.is(walls.length, 1);
  await time.pass(DAY_MS);
  t.deepEqual(walls, ['02:30:00', '02:30:00']);
});

test('a time of day runs again if the clock is set back by more: that was the wrong day', async (t) => {
  const { time, walls } = task('0 30 2 * * *', {}, '2026-11-27T02:00:00Z');
  await time.pass(4 * HOUR_MS);
  time.setWall(-5 * HOUR_MS);
  await time.pass(2 * HOUR_MS);
  t.deepEqual(walls, ['02:30:00', '02:30:00']);
});

test('a time of day that was not reached waits for it if the clock is set back', async (t) => {
  const { time, walls } = task('0 30 2 * * *', {}, '2026-11-27T02:00:00Z');
  time.setWall(-HOUR_MS);
  await time.pass(2 * HOUR_MS);
  t.deepEqual(walls, ['02:30:00']);
});

test('times of day that a step of the clock skips come to one run within ten seconds', async (t) => {
  const { time, runs } = task('0 0 2,3,4 * * *');
  time.setWall(30 * DAY_MS);
  await time.pass(10 * SECOND_MS);
  t.is(runs.length, 1);
  await time.pass(HOUR_MS);
  t.is(runs.length, 1);
});

test('a machine that slept, and a process that was busy, make up for one run', async (t) => {
  const { time, runs } = task('*/2 * * * * *');
  await time.pass(10 * SECOND_MS);
  const before = runs.length;
  time.block(HOUR_MS);
  await time.pass(1);
  t.is(runs.length, before + 1);
  time.setWall(8 * HOUR_MS);
  await time.pass(2 * SECOND_MS);
  t.true(runs.length <= before + 3);
  await time.pass(10 * SECOND_MS);
  t.true(longestPause(runs.slice(before)) <= 2 * SECOND_MS);
});

test('runs do not overlap: what is due meanwhile is reported and left out', async (t) => {
  let end: () => void = () => undefined;
  let begun = 0;
  let overlaps = 0;
  const { time, task: sweep } = task('* * * * * *', {
    work: () =>
      new Promise((resolve) => {
        begun++;
        end = resolve;
      }),
    onOverlap: () => void overlaps++,
  });
  await time.pass(3 * SECOND_MS);
  t.deepEqual([begun, overlaps, sweep.isRunning], [1, 2, true]);
  end();
  await time.pass(SECOND_MS);
  t.deepEqual([begun, overlaps], [2, 2]);
  let stopped = false;
  const stopping = sweep.stop().then(() => {
    stopped = true;
  });
  await time.pass(5 * SECOND_MS);
  t.false(stopped, 'it waits for the run under way');
  end();
  await stopping;
  t.deepEqual([begun, sweep.nextRunAt, sweep.msToNextRun], [2, undefined, undefined]);
});

test('work that fails is logged, and runs again', async (t) => {
  const lines: string[] = [];
  let begun = 0;
  const { time } = task('* * * * * *', {
    work: async () => {
      begun++;
      throw new Error('no disk');
    },
    log: pino({}, { write: (line: string) => lines.push(line) }),
  });
  await time.pass(2 * SECOND_MS);
  t.is(begun, 2);
  t.like(JSON.parse(lines[0] ?? ''), {
    error: 'no disk',
    msg: 'sweep failed; the next run tries again',
  });
});

test('a task can be stopped and started again', async (t) => {
  const { time, runs, task: sweep } = task('* * * * * *');
  await time.pass(2 * SECOND_MS);
  await sweep.stop();
  await time.pass(HOUR_MS);
  t.is(runs.length, 2);
  sweep.start();
  sweep.start();
  await time.pass(2 * SECOND_MS);
  t.is(runs.length, 4);
});

test('a run that is put off counts as under way, and does not begin after a stop', async (t) => {
  const { time, runs, task: sweep } = task('0 * * * * *', { maxDelayMs: 30 * SECOND_MS });
  await time.pass(3 * MINUTE_MS);
  t.true(runs.length >= 2);
  const before = runs.length;
  while (!sweep.isRunning) await time.pass(SECOND_MS / 10);
  const stopping = sweep.stop();
  sweep.start();
  await stopping;
  t.false(sweep.isRunning);
  t.is(runs.length, before);
});

test('a schedule that never runs says so', async (t) => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push(line) });
  const { time, task: sweep, runs } = task('0 0 0 30W 2 *', { log });
  await time.pass(MINUTE_MS);
  t.deepEqual([sweep.nextRunAt, sweep.msToNextRun, sweep.overdueMs], [undefined, undefined, 0]);
  t.deepEqual(runs, []);
  t.is(JSON.parse(lines[0] ?? '').msg, 'sweep never runs: no date matches its schedule');
});

test('what is overdue is told by steady time, whatever the wall clock says', async (t) => {
  const { time, task: sweep } = task('*/10 * * * * *');
  t.is(sweep.overdueMs, 0);
  // Its timer is lost from here on: time goes on and nothing calls back.
  time.block(40 * SECOND_MS);
  t.is(sweep.overdueMs, 30_400);
  time.setWall(-HOUR_MS);
  t.is(sweep.overdueMs, 30_400);
  time.setWall(DAY_MS);
  t.is(sweep.overdueMs, 30_400);
  sweep.check();
  t.is(sweep.overdueMs, 0);
  time.setWall(DAY_MS);
  t.true((sweep.nextRunAt ?? 0) > 0);
  t.is(sweep.overdueMs, 0, 'a step of the clock alone makes nothing overdue');
});

/** Runs a task each two seconds in a process whose clock starts at an instant; its runs, by that clock. */
async function runsFrom(start: string, zone: string): Promise<number[]> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', SHIFTED, MODULE], {
    env: { ...process.env, TZ: zone, START_AT: start },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  return (await text(child.stdout)).trim().split('\n').map(Number);
}

const MODULE = new URL('../../../../core/runtime/schedule/scheduled-task.js', import.meta.url).href;
const SHIFTED = `
const Real = Date;
const shift = Real.parse(process.env.START_AT) - Real.now();
globalThis.Date = class extends Real {
  constructor(...args) { super(...(args.length === 0 ? [Real.now() + shift] : args)); }
  static now() { return Real.now() + shift; }
};
const { ScheduledTask } = await import(process.argv[1]);
let runs = 0;
const task = new ScheduledTask({
  name: 'gate',
  schedule: '*/2 * * * * *',
  log: console,
  work: async () => { console.log(Date.now()); if (++runs === 4) void task.stop(); },
});
task.start();
`;

for (const [zone, start] of [
  ['Europe/Berlin', '2026-10-24T23:59:57Z'],
  ['Europe/Berlin', '2026-10-25T00:30:00Z'],
  ['Europe/Berlin', '2026-10-25T00:59:57Z'],
  ['Europe/Berlin', '2026-03-29T00:59:57Z'],
  ['America/New_York', '2026-11-01T05:59:57Z'],
  ['Australia/Lord_Howe', '2026-04-04T14:59:57Z'],
] as const)
  test(`in real time, a start at ${start} in ${zone} runs every two seconds`, async (t) => {
    const runs = await runsFrom(start, zone);
    t.is(runs.length, 4);
    t.true((runs[0] ?? 0) - Date.parse(start) < 10_000);
    t.true(longestPause(runs) < 10_000, `${runs}`);
  });

test('in real time, a task runs and can be stopped', async (t) => {
  let runs = 0;
  const sweep = new ScheduledTask({
    name: 'sweep',
    schedule: '* * * * * *',
    work: async () => void runs++,
    log: silentLogger(),
  });
  sweep.start();
  await eventually('two runs', () => runs >= 2);
  await sweep.stop();
  t.false(sweep.isRunning);
});
