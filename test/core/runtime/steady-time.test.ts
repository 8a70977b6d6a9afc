import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { nowFor } from '../../../core/runtime/clock-eras.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import {
  SETTLE_MS,
  SteadyTime,
  type SteadyTimeOptions,
} from '../../../core/runtime/steady-time.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-06-01T08:00:00Z');

/** A machine whose clocks the test controls. */
async function machine(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  const at = {
    wall: START,
    uptime: HOUR,
    process: 0,
    boot: 'first',
    status: 'unknown' as 'synchronised' | 'unsynchronised' | 'unknown',
  };
  const start = async (more: Partial<SteadyTimeOptions> = {}) => {
    at.process = 0;
    const time = new SteadyTime({
      file: join(folder, 'steady-time.json'),
      log: silentLogger(),
      clock: () => at.wall,
      monotonic: () => at.process,
      uptimeMs: () => Math.floor(at.uptime / SECOND) * SECOND,
      boot: () => at.boot,
      status: () => at.status,
      ...more,
    });
    await time.start();
    t.teardown(() => time.stop());
    return time;
  };
  const pass = (ms: number) => {
    at.wall += ms;
    at.uptime += ms;
    at.process += ms;
  };
  const reboot = (withoutPowerMs: number, wallMs = withoutPowerMs) => {
    at.wall += wallMs;
    at.uptime = 20 * SECOND;
    at.boot = `after ${at.boot}`;
    return withoutPowerMs;
  };
  return { at, start, pass, reboot };
}

/** The age of something that the wall clock stamped. */
const ageOf = (time: SteadyTime, stamp: number, wall: number) =>
  nowFor(stamp, wall, time.eras()) - stamp;

test('it goes on with the time that passes, however the clock is set', async (t) => {
  const { at, start, pass } = await machine(t);
  const time = await start();
  const began = time.now();
  for (const step of [153 * DAY, -365 * DAY, -2 * HOUR, 17 * 365 * DAY, 3 * MINUTE]) {
    pass(10 * MINUTE);
    at.wall += step;
    pass(10 * MINUTE);
  }
  t.is(time.now() - began, 100 * MINUTE);
});

test('it goes on over a restart of the program, whatever the clock did meanwhile', async (t) => {
  const { at, start, pass } = await machine(t);
  const before = await start();
  const began = before.now();
  pass(5 * MINUTE);
  await before.stop();
  pass(30 * SECOND);
  at.wall += 178 * DAY;
  const after = await start();
  t.is(after.now() - began, 5 * MINUTE + 30 * SECOND);
  t.true(after.isDoubtful);
});

test('the time that a machine was asleep counts', async (t) => {
  const { at, start, pass } = await machine(t);
  const time = await start();
  const began = time.now();
  pass(MINUTE);
  at.wall += 8 * HOUR;
  at.uptime += 8 * HOUR;
  t.true(Math.abs(time.now() - began - 8 * HOUR - MINUTE) <= SECOND);
  t.false(time.isDoubtful, 'nobody set the clock');
  t.deepEqual(time.eras(), []);
});

test('the time without power counts if a time service confirms it, and otherwise at most a day of it', async (t) => {
  for (const [status, counted] of [
    ['synchronised', 60 * DAY],
    ['unknown', DAY],
    ['unsynchronised', DAY],
  ] as const) {
    const { at, start, pass, reboot } = await machine(t);
    at.status = status;
    const before = await start();
    const began = before.now();
    pass(MINUTE);
    await before.stop();
    reboot(60 * DAY);
    const after = await start();
    t.is(after.now() - began, MINUTE + counted, status);
  }
});

test('what was recorded before a step keeps its true age, and so does what is recorded after it', async (t) => {
  for (const step of [153 * DAY, -365 * DAY]) {
    const { at, start, pass } = await machine(t);
    const time = await start();
    time.now();
    const before = at.wall;
    pass(3 * MINUTE);
    at.wall += step;
    pass(SECOND);
    time.now();
    const after = at.wall;
    pass(3 * MINUTE);
    const tolerance = 2 * SECOND;
    t.true(Math.abs(ageOf(time, before, at.wall) - 6 * MINUTE) <= tolerance);
    t.true(Math.abs(ageOf(time, after, at.wall) - 3 * MINUTE) <= tolerance);
    t.true(ageOf(time, START - 40 * DAY, at.wall) >= 40 * DAY, 'and what is old stays old');
  }
});

test('a clock that is wrong for a while makes nothing old that is not, and what it stamped grows old', async (t) => {
  const { at, start, pass } = await machine(t);
  const time = await start();
  pass(3 * MINUTE);
  time.now();
  const present = at.wall;
  at.wall = Date.parse('2043-01-01T00:00:00Z');
  time.now();
  const wrong = at.wall;
  pass(90 * SECOND);
  time.now();
  at.wall = present + 90 * SECOND;
  pass(3 * MINUTE);
  t.false(time.isDoubtful, 'it came back to the time that is trusted');
  t.true(ageOf(time, wrong, at.wall) >= 4 * MINUTE);
  t.true(ageOf(time, wrong, at.wall) <= 5 * MINUTE);
  pass(31 * DAY);
  t.true(ageOf(time, wrong, at.wall) > 30 * DAY, 'though it lies in the future');
});

test('a step is doubtful until the clock has kept for a quarter of an hour', async (t) => {
  const { at, start, pass } = await machine(t);
  const time = await start();
  pass(MINUTE);
  at.wall += 153 * DAY;
  pass(SECOND);
  t.is(time.doubt(), 'the clock was set ahead by 153 d; its times are not trusted yet');
  t.true(Math.abs(time.trusted(at.wall) - (START + MINUTE + SECOND)) <= SECOND);
  t.is(time.trusted(START), START, 'an earlier time stays as it is');
  const ahead = time.trustedAhead;
  pass(SETTLE_MS);
  t.is(time.doubt(), undefined);
  t.is(time.trusted(at.wall), at.wall);
  t.is(time.trustedAhead - ahead, 153 * DAY);
});

test('a time is doubtful from the moment of the step, not from when it was noticed', async (t) => {
  const { at, start, pass } = await machine(t);
  const time = await start();
  pass(MINUTE);
  time.now();
  at.wall += 17 * 365 * DAY;
  pass(100);
  const stamp = at.wall;
  pass(400);
  t.is(time.trusted(stamp), START + MINUTE + 100);
  t.is(ageOf(time, stamp, at.wall), 400);
});

test('what a wrong clock stamped is of the trusted time even if it is recorded after the correction', async (t) => {
  const { at, start, pass } = await machine(t);
  for (const step of [17 * 365 * DAY, -365 * DAY]) {
    const time = await start();
    pass(MINUTE);
    time.now();
    at.wall += step;
    pass(MINUTE);
    time.now();
    pass(800);
    const stamp = at.wall;
    const right = stamp - step;
    pass(200);
    at.wall -= step;
    pass(200);
    t.is(time.trusted(stamp), right);
    t.false(time.isDoubtful);
    t.is(time.trusted(at.wall), at.wall);
    await time.stop();
    t.is((await start()).trusted(stamp), right, 'also over a restart');
  }
});

test('a clock that a time service corrects for the first time is trusted at once', async (t) => {
  const { at, start, pass } = await machine(t);
  at.status = 'unsynchronised';
  const time = await start();
  pass(MINUTE);
  at.wall += 153 * DAY;
  pass(SECOND);
  t.true(time.doubt() !== undefined);
  at.status = 'synchronised';
  t.is(time.doubt(), undefined);
});

test('the number of eras has a bound, and what is older than all of them keeps its age', async (t) => {
  const { at, start, pass } = await machine(t);
  const time = await start();
  for (let i = 0; i < 500; i++) {
    pass(MINUTE);
    at.wall += i % 2 ? -HOUR : HOUR;
    time.now();
  }
  t.true(time.eras().length <= 65);
  const age = ageOf(time, START - DAY, at.wall);
  t.true(Math.abs(age - DAY - 500 * MINUTE) <= 2 * MINUTE, String(age));
});

test('a file that cannot be read begins again with the clock', async (t) => {
  const { at, start, pass } = await machine(t);
  const file = join(await temporaryFolder(t), 'steady-time.json');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(file, '{"steady":');
  const time = await start({ file });
  t.is(time.now(), at.wall);
  pass(MINUTE);
  t.is(time.now(), at.wall);
});
