import test from 'ava';
import { silentLogger } from '../../../../core/runtime/logger.js';
import { ScheduledTask } from '../../../../core/runtime/schedule/scheduled-task.js';
import { ScheduleGuard } from '../../../../edge/cameras/schedule/schedule-guard.js';
import { FakeTime } from '../../../support/fake-time.js';

/** A schedule with its guard, whose timers can be lost. */
function guarded(schedule: string) {
  const time = new FakeTime('2026-11-27T12:00:00Z');
  let runs = 0;
  let hasTimers = true;
  const task = new ScheduledTask({
    name: 'gate',
    schedule,
    work: async () => void runs++,
    log: silentLogger(),
    time: {
      wall: time.wall,
      steady: time.steady,
      after: (ms, callback) => (hasTimers ? time.after(ms, callback) : () => undefined),
    },
  });
  const guard = new ScheduleGuard('gate', task);
  return {
    time,
    task,
    guard,
    runs: () => runs,
    loseTimers() {
      hasTimers = false;
    },
    /** Checks every ten seconds for the given time; the last outcome. */
    async pass(seconds: number) {
      let fault: string | undefined;
      for (let i = 0; i < seconds; i += 10) {
        await time.pass(10_000);
        fault = guard.check();
      }
      return fault;
    },
  };
}

test('a schedule that runs is no fault, however rare its runs are', async (t) => {
  const { task, pass, runs } = guarded('0 0 4 * * *');
  task.start();
  t.is(await pass(6 * 3_600), undefined);
  t.is(runs(), 0);
});

test('a paused schedule is never stalled', async (t) => {
  const { pass, runs } = guarded('*/10 * * * * *');
  t.is(await pass(600), undefined);
  t.is(runs(), 0);
});

test('a run whose timer is lost is started by the guard', async (t) => {
  const { task, pass, runs, loseTimers } = guarded('*/10 * * * * *');
  loseTimers();
  task.start();
  t.is(await pass(100), undefined);
  t.is(runs(), 10);
});

test('steps of the clock with a rare schedule are not a fault', async (t) => {
  const { task, time, pass } = guarded('0 0 */12 * * *');
  task.start();
  for (let i = 0; i < 6; i++) {
    t.is(await pass(60), undefined);
    time.setWall(11 * 3_600_000);
    t.is(await pass(60), undefined);
    time.setWall(-5 * 3_600_000);
  }
});

test('a run that is due and cannot start is a fault that names the camera', (t) => {
  const guard = new ScheduleGuard('gate', { check: () => undefined, overdueMs: 31_000 });
  t.is(guard.check(), 'camera gate: schedule stalled; a run is due for 31 s');
});
