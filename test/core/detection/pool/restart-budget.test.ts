import test from 'ava';
import { RestartBudget } from '../../../../core/detection/pool/restart-budget.js';

test('restarts within the budget happen at once', (t) => {
  const budget = new RestartBudget(3, 60_000);
  t.deepEqual(
    [0, 10, 20].map((now) => budget.book(now)),
    [0, 0, 0],
  );
});

test('a restart beyond the budget waits until the oldest leaves the window', (t) => {
  const budget = new RestartBudget(2, 60_000);
  budget.book(0);
  budget.book(1_000);
  t.is(budget.book(10_000), 50_000);
  t.is(budget.book(10_000), 51_000);
  // The two that were booked for 60 s and 61 s fill the window after.
  t.is(budget.book(61_000), 59_000);
});

test('a spent budget is full again after a quiet window', (t) => {
  const budget = new RestartBudget(2, 60_000);
  budget.book(0);
  budget.book(0);
  t.is(budget.book(60_000), 0);
  t.is(budget.book(60_000), 0);
  t.is(budget.book(60_001), 59_999);
});
