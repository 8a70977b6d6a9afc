import test from 'ava';
import { CronExpression } from '../../../../core/runtime/schedule/cron-expression.js';
import { nextRun } from '../../../../core/runtime/schedule/next-run.js';
import { TimeZone } from '../../../../core/runtime/schedule/time-zone.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The runs after `from` until `hours` later. */
function runs(schedule: string, zone: string, from: string, hours: number): number[] {
  const [expression, timeZone] = [new CronExpression(schedule), new TimeZone(zone)];
  const found: number[] = [];
  const end = Date.parse(from) + hours * HOUR_MS;
  for (let at: number | undefined = Date.parse(from); ; ) {
    at = nextRun(expression, at, timeZone);
    if (at === undefined || at > end) return found;
    found.push(at);
  }
}

const times = (...args: Parameters<typeof runs>) =>
  runs(...args).map((at) => new Date(at).toISOString().slice(5, 16));

/** The pauses between runs in ascending order, each length once. */
function pauses(...args: Parameters<typeof runs>): number[] {
  const found = runs(...args);
  const lengths = found.slice(1).map((at, index) => at - (found[index] ?? 0));
  return [...new Set(lengths)].sort((a, b) => a - b);
}

/** Zone, instant of the change, minutes by which clocks are set. */
const CHANGES = [
  ['Europe/Berlin', '2026-10-25T01:00:00Z', -60],
  ['Europe/Berlin', '2026-03-29T01:00:00Z', 60],
  ['America/New_York', '2026-11-01T06:00:00Z', -60],
  ['America/New_York', '2026-03-08T07:00:00Z', 60],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', -30],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', 30],
  ['Africa/Cairo', '2026-10-29T21:00:00Z', -60],
  ['Africa/Cairo', '2026-04-23T22:00:00Z', 60],
] as const;

const earlier = (instant: string, ms: number) => new Date(Date.parse(instant) - ms).toISOString();

for (const [zone, change, minutes] of CHANGES) {
  const from = earlier(change, 3 * HOUR_MS);
  const name = `${zone}, clocks ${minutes < 0 ? 'back' : 'forward'}`;

  test(`${name}: an interval of seconds or minutes keeps its length`, (t) => {
    for (const minutesAfter of [0, Math.abs(minutes)]) {
      const closeBy = earlier(change, (1 - minutesAfter) * MINUTE_MS);
      t.deepEqual(pauses('* * * * * *', zone, closeBy, 1 / 30), [1_000]);
      t.deepEqual(pauses('*/2 * * * * *', zone, closeBy, 1 / 30), [2_000]);
    }
    const intervals = [
      ['7-59/10 * * * * *', 10_000],
      ['0 * * * * *', MINUTE_MS],
      ['*/10 * * * *', 10 * MINUTE_MS],
      ['0 3-59/15 * * * *', 15 * MINUTE_MS],
    ] as const;
    for (const [schedule, length] of intervals)
      t.deepEqual(pauses(schedule, zone, from, 7), [length], schedule);
  });

  test(`${name}: an interval of hours does not get longer`, (t) => {
    for (const minute of [0, 15, 29, 30, 45, 59])
      for (const hours of [1, 2, 3, 6]) {
        const schedule = `0 ${minute} */${hours} * * *`;
        const longest = pauses(schedule, zone, from, 24).at(-1) ?? 0;
        t.is(longest, hours * HOUR_MS, schedule);
      }
    for (const minutes of [7, 20, 25])
      t.is(pauses(`0 */${minutes} * * * *`, zone, from, 7).at(-1), minutes * MINUTE_MS);
  });

  test(`${name}: a time of day runs once each day`, (t) => {
    for (let hour = 0; hour < 4; hour++)
      for (const minute of [0, 5, 30, 55]) {
        const schedule = `0 ${minute} ${hour} * * *`;
        const found = runs(schedule, zone, from, 96);
        const dates = found.map((at) => new Date(at).toLocaleDateString('en', { timeZone: zone }));
        t.is(new Set(dates).size, dates.length, `${schedule} runs on ${dates}`);
        t.true(found.length >= 3);
        t.true((pauses(schedule, zone, from, 96).at(-1) ?? 0) <= 25 * HOUR_MS, schedule);
      }
  });
}

test('a start within the repeated hour keeps the interval', (t) => {
  for (const from of ['2026-10-25T00:30:00Z', '2026-10-25T00:59:30Z', '2026-10-25T01:30:00Z'])
    t.deepEqual(pauses('*/2 * * * * *', 'Europe/Berlin', from, 2), [2_000], from);
});

test('a time of day that occurs twice runs at the first occurrence', (t) => {
  const days = ['10-25T00:30', '10-26T01:30'];
  t.deepEqual(times('0 30 2 * * *', 'Europe/Berlin', '2026-10-24T10:00:00Z', 48), days);
  t.deepEqual(times('0 30 2 * * *', 'Europe/Berlin', '2026-10-25T00:29:59Z', 28), days);
  t.deepEqual(times('0 30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z', 28), ['10-26T01:30']);
  t.deepEqual(times('0 30 2 * * *', 'Europe/Berlin', '2026-10-25T01:10:00Z', 28), ['10-26T01:30']);
});

test('a time of day that does not exist runs when clocks have been set, once', (t) => {
  const [zone, from] = ['Europe/Berlin', '2026-03-28T10:00:00Z'];
  const days = ['03-29T01:00', '03-30T00:30'];
  t.deepEqual(times('0 30 2 * * *', zone, from, 48), days);
  t.deepEqual(times('30 2 * * *', zone, '2026-03-29T00:59:59Z', 24), days);
  t.deepEqual(times('30 2 * * *', zone, '2026-03-29T01:00:00Z', 24), ['03-30T00:30']);
  t.deepEqual(times('0 0,30 2 * * *', zone, from, 24), ['03-29T01:00']);
  t.deepEqual(times('0 0 2,3 * * *', zone, from, 24), ['03-29T01:00']);
  t.deepEqual(times('0 15 2 29 3 *', zone, '2025-04-01T00:00:00Z', 366 * 24), ['03-29T01:00']);
});

test('an interval within one hour of the day runs through both occurrences, and once if there is none', (t) => {
  t.is(runs('0 */10 2 * * *', 'Europe/Berlin', '2026-10-24T22:00:00Z', 6).length, 12);
  t.deepEqual(times('0 */10 2 * * *', 'Europe/Berlin', '2026-03-28T22:00:00Z', 6), ['03-29T01:00']);
});

test('zones without a change run by their own local time', (t) => {
  t.deepEqual(times('0 30 2 * * *', 'Asia/Kolkata', '2026-10-24T00:00:00Z', 48), [
    '10-24T21:00',
    '10-25T21:00',
  ]);
  t.deepEqual(times('0 0 12 * * *', 'Asia/Kathmandu', '2026-10-24T00:00:00Z', 24), ['10-24T06:15']);
  t.deepEqual(pauses('0 0 * * * *', 'Asia/Kolkata', '2026-10-24T00:00:00Z', 24), [HOUR_MS]);
});

test('a day that a zone leaves out runs once, when the date has changed', (t) => {
  // Samoa left out 30 December 2011.
  t.deepEqual(times('0 30 2 * * *', 'Pacific/Apia', '2011-12-29T00:00:00Z', 48), [
    '12-29T12:30',
    '12-30T10:00',
    '12-30T12:30',
  ]);
});

test('a rare schedule is found, and an impossible one ends, in milliseconds', (t) => {
  const zone = new TimeZone('Europe/Berlin');
  const next = (schedule: string, from: string) => {
    const expression = new CronExpression(schedule);
    const begun = performance.now();
    const at = nextRun(expression, Date.parse(from), zone);
    t.true(performance.now() - begun < 500, schedule);
    return at === undefined ? undefined : new Date(at).toISOString();
  };
  t.is(next('0 0 0 29 2 *', '2026-11-27T00:00:00Z'), '2028-02-28T23:00:00.000Z');
  t.is(next('0 0 12 29 2 1#5', '2026-11-27T00:00:00Z'), '2044-02-29T11:00:00.000Z');
  t.is(next('0 0 12 29 2 0', '2088-03-01T00:00:00Z'), '2128-02-29T11:00:00.000Z');
  for (const schedule of ['0 0 0 30W 2 *', '0 0 0 L-30 2 *', '* * * 31W 2,4 *', '* * * 29 * 1#4'])
    t.is(next(schedule, '2026-11-27T00:00:00Z'), undefined, schedule);
});

test('the next run is found at the same cost from any instant', (t) => {
  const [expression, zone] = [new CronExpression('* * * * * *'), new TimeZone()];
  const begun = performance.now();
  for (let year = 1970; year < 2470; year++) {
    const at = Date.UTC(year, 5, 15, 12, 0, 0, 500);
    t.is(nextRun(expression, at, zone), at + 500);
  }
  t.true(performance.now() - begun < 1_000);
});
