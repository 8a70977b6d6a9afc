import test from 'ava';
import { ClockSteps } from '../../../core/runtime/clock-steps.js';

/** Clocks that the test controls, and their steps with a tolerance of 2 s. */
function clocks() {
  const at = { wall: 1_000_000, monotonic: 0 };
  const steps = new ClockSteps(
    () => at.wall,
    2_000,
    () => at.monotonic,
  );
  const pass = (ms: number) => {
    at.wall += ms;
    at.monotonic += ms;
  };
  return { at, steps, pass };
}

test('a step of the clock is measured once, in either direction', (t) => {
  const { at, steps, pass } = clocks();
  pass(60_000);
  at.wall -= 3_600_000;
  t.is(steps.sinceLastCall(), -3_600_000);
  pass(60_000);
  t.is(steps.sinceLastCall(), 0);
  at.wall += 5_000;
  t.is(steps.sinceLastCall(), 5_000);
  t.is(steps.sinceLastCall(), 0);
});

test('a clock that is slewed by less than the tolerance is not stepped', (t) => {
  const { at, steps, pass } = clocks();
  for (let hour = 0; hour < 24; hour++) {
    pass(3_600_000);
    at.wall -= 1_999;
    t.is(steps.sinceLastCall(), 0);
  }
});
