import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { StallDetector } from '../../../edge/uplink/stall-detector.js';
import { eventually } from '../../support/eventually.js';

/** A plan that records how long a record may be overdue each time it is asked. */
class Plan {
  inFlight = 1;
  overdue = true;
  readonly timeouts: number[] = [];

  isOverdue(_now: number, timeoutMs: number): boolean {
    this.timeouts.push(timeoutMs);
    return this.overdue;
  }
}

function setUp(t: ExecutionContext, stallMs = 8) {
  const stalls: boolean[] = [];
  const detector = new StallDetector({ stallMs, onStall: (isFirst) => stalls.push(isFirst) });
  t.teardown(() => detector.stop());
  return { detector, stalls };
}

test('a stall is reported as the first one once, and the timeout doubles twice', async (t) => {
  const { detector, stalls } = setUp(t);
  const plan = new Plan();
  detector.watch(plan);
  await eventually(() => stalls.length >= 4);
  t.deepEqual(stalls.slice(0, 4), [true, false, false, false]);
  t.deepEqual(plan.timeouts.slice(0, 4), [8, 16, 32, 32]);
});

test('after progress the next stall is a first one again', async (t) => {
  const { detector, stalls } = setUp(t);
  const plan = new Plan();
  detector.watch(plan);
  await eventually(() => stalls.length >= 2);
  plan.overdue = false;
  detector.reset();
  stalls.length = 0;
  plan.overdue = true;
  await eventually(() => stalls.length >= 1);
  t.true(stalls[0]);
});

test('nothing is checked while nothing is in flight, or after a stop', async (t) => {
  const { detector, stalls } = setUp(t);
  const idle = new Plan();
  idle.inFlight = 0;
  detector.watch(idle);
  await sleep(30);
  t.deepEqual(idle.timeouts, []);
  const plan = new Plan();
  detector.watch(plan);
  detector.stop();
  await sleep(30);
  t.deepEqual([plan.timeouts, stalls], [[], []]);
});

test('a plan takes the place of the one before', async (t) => {
  const { detector } = setUp(t, 40);
  const before = new Plan();
  const plan = new Plan();
  detector.watch(before);
  detector.watch(plan);
  await eventually(() => plan.timeouts.length > 0);
  t.deepEqual(before.timeouts, []);
});
