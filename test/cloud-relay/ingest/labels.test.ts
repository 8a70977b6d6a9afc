import test from 'ava';
import { dailyLabels } from '../../../cloud-relay/ingest/labels.js';
import type { Summary } from '../../../core/contract/summary.js';
import { anArrival } from '../../support/delivery-fixtures.js';

const ARRIVED = '2026-11-27T08:00:00.000Z';

const dayOf = (summary: Partial<Summary>, arrived = ARRIVED) => {
  const arrival = { ...anArrival(1, { summary }), receivedAt: Date.parse(arrived) };
  return new Date(dailyLabels([arrival])[0]?.day ?? 0).toISOString().slice(0, 10);
};

test('a summary counts on the day on which its snapshot was taken', (t) => {
  t.is(dayOf({ takenAt: '2026-11-20T10:00:00.000Z' }), '2026-11-20');
  t.is(dayOf({ takenAt: '2026-11-20T10:00:00.000Z', clock: 'synchronised' }), '2026-11-20');
  t.is(dayOf({ takenAt: '2026-11-20T10:00:00.000Z', clock: 'unknown' }), '2026-11-20');
});

test('a summary whose clock was not trusted counts on the day of its arrival', (t) => {
  t.is(dayOf({ takenAt: '2026-06-01T10:00:00.000Z', clock: 'unsynchronised' }), '2026-11-27');
});

test('a time that cannot be is not counted: in the future, or before the program was written', (t) => {
  for (const takenAt of ['2043-01-01T00:00:00.000Z', '1970-01-01T00:00:05.000Z'])
    t.is(dayOf({ takenAt, clock: 'unknown' }), '2026-11-27');
  t.is(
    dayOf({ takenAt: '2026-11-28T07:00:00.000Z' }),
    '2026-11-28',
    'another machine may be ahead',
  );
});

test('the clock of a relay that is wrong itself decides nothing', (t) => {
  const arrived = '1970-01-01T00:00:05.000Z';
  t.is(
    dayOf({ takenAt: '2026-06-01T10:00:00.000Z', clock: 'unsynchronised' }, arrived),
    '2026-06-01',
  );
});
