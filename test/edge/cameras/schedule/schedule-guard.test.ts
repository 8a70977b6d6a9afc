import test, { type ExecutionContext } from 'ava';
import { createTask } from 'node-cron';
import { pino } from 'pino';
import { ScheduleGuard } from '../../../../edge/cameras/schedule/schedule-guard.js';
import { eventually } from '../../../support/eventually.js';

const HOUR_MS = 3_600_000;

/** A schedule as node-cron's, whose times and runs the test says. */
function schedule(at: { wall: number }) {
  const listeners: (() => void)[] = [];
  const task = {
    next: null as number | null,
    /** Until the next run, from a start on. */
    everyMs: 0,
    began: 0,
    on: (_: string, listener: () => void) => void listeners.push(listener),
    getNextRun: () => (task.next === null ? null : new Date(task.next)),
    start: () => {
      task.began++;
      if (task.everyMs > 0) task.next = at.wall + task.everyMs;
    },
    stop: () => undefined,
    run: () => listeners[0]?.(),
  };
  return task;
}

function guard() {
  const at = { wall: 1_000_000, steady: 0 };
  const messages: string[] = [];
  const log = pino({}, { write: (line: string) => void messages.push(JSON.parse(line).msg) });
  const wall = () => at.wall;
  const guarded = new ScheduleGuard('gate', log, wall, () => at.steady);
  const task = schedule(at);
  guarded.follow(task);
  /** Looks every ten seconds, for so many of them. */
  const pass = (seconds: number) => {
    let fault: string | undefined;
    for (let i = 0; i < seconds; i += 10) {
      at.wall += 10_000;
      at.steady += 10_000;
      fault = guarded.look();
    }
    return fault;
  };
  return { guarded, task, at, messages, pass };
}

test('a schedule that runs on time is left alone, however rare its runs are', (t) => {
  const { task, at, messages, pass } = guard();
  task.next = at.wall + 24 * HOUR_MS;
  t.is(pass(23 * 3600), undefined);
  task.next = at.wall + 5_000;
  for (let minute = 0; minute < 60; minute++) {
    t.is(pass(60), undefined);
    task.run();
    task.next = at.wall + 60_000;
  }
  t.is(task.began, 0);
  t.deepEqual(messages, []);
});

test('a paused schedule is never late', (t) => {
  const { task, pass } = guard();
  t.is(pass(3600), undefined);
  t.is(task.began, 0);
});

test('a stalled schedule is restarted, and is a fault if that does not help', (t) => {
  const { task, at, messages, pass } = guard();
  task.next = at.wall + 5_000;
  t.is(pass(60), undefined);
  t.is(task.began, 1);
  t.deepEqual(messages, [
    'the schedule stood still, as after a change of the clock; it begins anew',
  ]);
  const fault = pass(120);
  t.is(fault, 'camera gate is due and is not asked');
  task.run();
  task.next = at.wall + 60_000;
  t.is(pass(10), undefined);
});

test('a clock that is set repeatedly, on a rare schedule, is not a fault', (t) => {
  const { task, at, pass } = guard();
  task.everyMs = 10 * HOUR_MS;
  task.next = at.wall + task.everyMs;
  for (let i = 0; i < 6; i++) {
    t.is(pass(60), undefined);
    at.wall += 11 * HOUR_MS;
    t.is(pass(60), undefined);
    t.is(task.began, i + 1, 'it begins anew each time');
  }
});

test('a step that does not end in time is a fault until it ends', async (t) => {
  const { guarded, at, pass } = guard();
  let end: () => void = () => undefined;
  const step = guarded.step(
    'a fetch from',
    5_000,
    () =>
      new Promise<void>((done) => {
        end = done;
      }),
  );
  t.is(pass(30), undefined);
  t.is(pass(10), 'a fetch from camera gate does not end');
  end();
  await step;
  at.steady += 1;
  t.is(guarded.look(), undefined);
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

test.serial(
  'a clock that is set back by an hour does not keep a camera waiting for an hour',
  async (t) => {
    let runs = 0;
    const task = createTask('* * * * * *', () => void runs++);
    t.teardown(() => void task.destroy());
    let steady = 0;
    const guarded = new ScheduleGuard('gate', pino({ level: 'silent' }), undefined, () => steady);
    guarded.follow(task);
    task.start();
    await eventually('a first run', () => runs > 0);
    guarded.look();
    setClock(t, -HOUR_MS);
    const before = runs;
    await eventually('it runs again', () => {
      steady += 5_000;
      guarded.look();
      return runs > before + 2;
    });
    t.pass();
  },
);
