import test, { type ExecutionContext } from 'ava';
import { createTask } from 'node-cron';
import { pino } from 'pino';
import { ScheduleGuard } from '../../../../edge/cameras/schedule/schedule-guard.js';
import { eventually } from '../../../support/eventually.js';

const HOUR_MS = 3_600_000;

/** A task like node-cron's, whose times and runs the test controls. */
function schedule(at: { wall: number }) {
  const listeners: (() => void)[] = [];
  const task = {
    next: null as number | null,
    /** Time from a start to the next run. */
    everyMs: 0,
    restarts: 0,
    on: (_: string, listener: () => void) => void listeners.push(listener),
    getNextRun: () => (task.next === null ? null : new Date(task.next)),
    start: () => {
      task.restarts++;
      if (task.everyMs > 0) task.next = at.wall + task.everyMs;
    },
    stop: () => undefined,
    run: () => listeners[0]?.(),
  };
  return task;
}

function guard() {
  const at = { wall: 1_000_000, monotonic: 0 };
  const messages: string[] = [];
  const log = pino({}, { write: (line: string) => void messages.push(JSON.parse(line).msg) });
  const wall = () => at.wall;
  const guarded = new ScheduleGuard('gate', log, wall, () => at.monotonic);
  const task = schedule(at);
  guarded.follow(task);
  /** Checks every ten seconds for the given time. */
  const pass = (seconds: number) => {
    let fault: string | undefined;
    for (let i = 0; i < seconds; i += 10) {
      at.wall += 10_000;
      at.monotonic += 10_000;
      fault = guarded.check();
    }
    return fault;
  };
  return { guarded, task, at, messages, pass };
}

test('a schedule that runs is not restarted, however rare its runs are', (t) => {
  const { task, at, messages, pass } = guard();
  task.next = at.wall + 24 * HOUR_MS;
  t.is(pass(23 * 3600), undefined);
  task.next = at.wall + 5_000;
  for (let minute = 0; minute < 60; minute++) {
    t.is(pass(60), undefined);
    task.run();
    task.next = at.wall + 60_000;
  }
  t.is(task.restarts, 0);
  t.deepEqual(messages, []);
});

test('a paused schedule is never stalled', (t) => {
  const { task, pass } = guard();
  t.is(pass(3600), undefined);
  t.is(task.restarts, 0);
});

test('a stalled schedule is restarted, and is a fault if that does not help', (t) => {
  const { task, at, messages, pass } = guard();
  task.next = at.wall + 5_000;
  t.is(pass(60), undefined);
  t.is(task.restarts, 1);
  t.deepEqual(messages, ['schedule stalled; restarted']);
  const fault = pass(120);
  t.is(fault, 'camera gate: schedule stalled; 3 restarts did not help');
  task.run();
  task.next = at.wall + 60_000;
  t.is(pass(10), undefined);
});

test('repeated steps of the clock with a rare schedule are not a fault', (t) => {
  const { task, at, pass } = guard();
  task.everyMs = 10 * HOUR_MS;
  task.next = at.wall + task.everyMs;
  for (let i = 0; i < 6; i++) {
    t.is(pass(60), undefined);
    at.wall += 11 * HOUR_MS;
    t.is(pass(60), undefined);
    t.is(task.restarts, i + 1, 'it is restarted each time');
  }
});

/** Sets the machine's clock, as far as this process can tell. */
function setClock(t: ExecutionContext, byMs: number): void {
  const Real = globalThis.Date;
  globalThis.Date = class extends Real {
    constructor(...args: [] | [number]) {
      super(args.length === 0 ? Real.now() + byMs : args[0]);
    }
    static override now = () => Real.now() + byMs;
  } as DateConstructor;
  t.teardown(() => {
    globalThis.Date = Real;
  });
}

test.serial('a clock that is set back by an hour does not stop a camera for an hour', async (t) => {
  let runs = 0;
  const task = createTask('* * * * * *', () => void runs++);
  t.teardown(() => void task.destroy());
  let monotonic = 0;
  const guarded = new ScheduleGuard('gate', pino({ level: 'silent' }), undefined, () => monotonic);
  guarded.follow(task);
  task.start();
  await eventually('a first run', () => runs > 0);
  guarded.check();
  setClock(t, -HOUR_MS);
  const before = runs;
  await eventually('it runs again', () => {
    monotonic += 5_000;
    guarded.check();
    return runs > before + 2;
  });
  t.pass();
});
