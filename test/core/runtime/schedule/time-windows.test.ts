import test from 'ava';
import { timeWindowSchema } from '../../../../core/contract/time-window.js';
import { isOpen, nextOpening } from '../../../../core/runtime/schedule/time-windows.js';

/** 2026-03-02 was a Monday; local time, as the windows are. */
const at = (day: number, hours: number, minutes = 0) =>
  new Date(2026, 2, 1 + day, hours, minutes).getTime();
const [SUN, MON, TUE, SAT] = [0, 1, 2, 6];

const weekdays = timeWindowSchema.parse({
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '07:30',
  to: '19:00',
});
const nights = timeWindowSchema.parse({ days: ['sat'], from: '22:00', to: '06:00' });

test('without windows a camera is always open', (t) => {
  t.true(isOpen([], at(SUN, 3)));
  t.is(nextOpening([], at(SUN, 3)), at(SUN, 3));
});

test('a window is open from its start to just before its end, on its days', (t) => {
  t.false(isOpen([weekdays], at(MON, 7, 29)));
  t.true(isOpen([weekdays], at(MON, 7, 30)));
  t.true(isOpen([weekdays], at(MON, 18, 59)));
  t.false(isOpen([weekdays], at(MON, 19)));
  t.false(isOpen([weekdays], at(SUN, 12)));
});

test('a window past midnight belongs to the day on which it starts', (t) => {
  t.true(isOpen([nights], at(SAT, 23)));
  t.true(isOpen([nights], at(SAT + 1, 5, 59)));
  t.false(isOpen([nights], at(SAT + 1, 6)));
  t.false(isOpen([nights], at(SAT, 5)));
  t.false(isOpen([nights], at(SAT + 1, 23)));
});

test('one open window of several is enough', (t) => {
  t.true(isOpen([weekdays, nights], at(MON, 12)));
  t.true(isOpen([weekdays, nights], at(SAT, 22)));
});

test('the next opening is on the same day, on a later one, or a week later', (t) => {
  t.is(nextOpening([weekdays], at(MON, 3)), at(MON, 7, 30));
  t.is(nextOpening([weekdays], at(MON, 20)), at(TUE, 7, 30));
  t.is(nextOpening([weekdays], at(SAT, 8)), at(SAT + 2, 7, 30));
  const monday = timeWindowSchema.parse({ days: ['mon'], from: '08:00', to: '09:00' });
  t.is(nextOpening([monday], at(MON, 9)), at(MON + 7, 8));
});

test('a day ends at 24:00', (t) => {
  const evening = timeWindowSchema.parse({ from: '18:00', to: '24:00' });
  t.true(isOpen([evening], at(MON, 23, 59)));
  t.false(isOpen([evening], at(TUE, 0)));
});

test('invalid times and empty windows are rejected', (t) => {
  for (const [from, to] of [
    ['7:00', '08:00'],
    ['25:00', '26:00'],
    ['08:00', '08:00'],
  ])
    t.false(timeWindowSchema.safeParse({ from, to }).success, `${from} to ${to}`);
});
