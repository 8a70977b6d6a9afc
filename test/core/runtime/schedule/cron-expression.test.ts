import test from 'ava';
import { createTask, validate } from 'node-cron';
import { CronExpression } from '../../../../core/runtime/schedule/cron-expression.js';

const DAY_MS = 86_400_000;

/** What a configuration accepts, each form of the language at least once. */
const ACCEPTED = [
  '*/2 * * * * *',
  '*/5 * * * * *',
  '*/10 * * * * *',
  '* * * * *',
  '5 4 * * *',
  '  0  0 0 * * *  ',
  '05 * * * * *',
  '*/61 * * * * *',
  '*,5 * * * * *',
  '0-59/7,3 * * * * *',
  '50-10/5 * * * * *',
  '0 0 22-2 * * *',
  '0 0 */6 * * *',
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@Midnight',
  '@hourly',
  '0 0 0 1 january *',
  '0 0 0 * JAN-MAR,dec *',
  '0 0 0 * 11-2 *',
  '0 0 0 * * friday',
  '0 0 0 * * sun,Wed',
  '0 0 0 * * fri-mon',
  '0 0 0 * * 7',
  '0 0 0 * * 5-7',
  '0 0 0 * * 0-7',
  '0 0 0 ? * 1',
  '0 0 0 13 * ?',
  '0 0 0 13 * 5',
  '0 0 0 1-7 * mon',
  '0 0 0 L * *',
  '0 0 0 l * *',
  '0 0 0 5,L * *',
  '0 0 0 L-3 * *',
  '0 0 0 L-29 * *',
  '0 0 0 1W * *',
  '0 0 0 15w * *',
  '0 0 0 31W * *',
  '0 0 0 LW * *',
  '0 0 0 * * 5L',
  '0 0 0 * * 7l',
  '0 0 0 * * 5#2',
  '0 0 0 * * 7#5',
  '0 0 0 * * mon#1,thu',
  '0 0 0 29 2 *',
  '0 0 0 29-31 2 *',
];

test('every form that node-cron accepts selects the days that node-cron selects', (t) => {
  const [begin, end] = [Date.UTC(2026, 10, 27), Date.UTC(2029, 10, 27)];
  for (const text of ACCEPTED) {
    t.true(validate(text), text);
    const expression = new CronExpression(text);
    const task = createTask(text, () => undefined, { timezone: 'UTC' });
    const time = (expression.firstFrom(begin) ?? 0) % DAY_MS;
    const expected: number[] = [];
    for (let day = begin; day < end; day += DAY_MS)
      if (task.match(new Date(day + time))) expected.push(day);
    const days: number[] = [];
    for (let day: number = begin; ; day += DAY_MS) {
      day = Math.floor((expression.firstFrom(day) ?? end) / DAY_MS) * DAY_MS;
      if (day >= end) break;
      days.push(day);
    }
    t.true(days.length > 0, text);
    t.deepEqual(days, expected, text);
    void task.destroy();
  }
});

test('every form that node-cron accepts selects the times of day that node-cron selects', (t) => {
  for (const text of ACCEPTED) {
    const expression = new CronExpression(text);
    const task = createTask(text, () => undefined, { timezone: 'UTC' });
    const first = expression.firstFrom(Date.UTC(2026, 10, 27)) ?? 0;
    const midnight = Math.floor(first / DAY_MS) * DAY_MS;
    let next = first;
    const different: string[] = [];
    // A step that shares no factor with a minute meets every second of it, at other minutes.
    for (let at = midnight; at < midnight + DAY_MS; at += 47_000) {
      if (next < at) next = expression.firstFrom(at) ?? 0;
      if (task.match(new Date(at)) !== (next === at)) different.push(new Date(at).toISOString());
    }
    t.deepEqual(different, [], text);
    void task.destroy();
  }
});

test('what node-cron refuses is refused', (t) => {
  for (const text of ['0 0 0 30 2 *', '*/0 * * * * *', '5/10 * * * * *', '0 0 24 * * *', 'soon']) {
    t.false(validate(text), text);
    t.throws(() => new CronExpression(text), undefined, text);
  }
});

test('times of day are told from intervals', (t) => {
  const fixed = ['30 2 * * *', '@daily', '0 0,30 2,14 * * *', '0 0 8-18 * * *', '0 0 */24 * * *'];
  for (const text of fixed) t.true(new CronExpression(text).isFixedTime, text);
  const intervals = ['* * * * *', '@hourly', '0 5 * * * *', '0 0 */2 * * *', '0 */30 2 * * *'];
  for (const text of [...intervals, '0 0 0-23 * * *'])
    t.false(new CronExpression(text).isFixedTime, text);
});
