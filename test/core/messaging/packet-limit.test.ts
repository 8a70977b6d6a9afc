import test from 'ava';
import { PacketLimit } from '../../../core/messaging/packet-limit.js';

const HOUR = 3_600_000;

test('a learned limit lies between what passed and what failed, and closes in with each failure', (t) => {
  const limit = new PacketLimit();
  t.true(limit.allows(1_000_000, 0));
  limit.passed(10_000);
  limit.failed(100_000, 0);
  t.deepEqual(limit.largest, { bytes: 50_000, isAnnounced: false });
  t.true(limit.allows(50_000, 1));
  t.false(limit.allows(50_001, 1));
  limit.failed(40_000, 1);
  t.is(limit.largest?.bytes, 20_000);
  limit.failed(15_000, 2);
  t.is(limit.largest?.bytes, 10_000, 'what passed passes again');
});

test('a larger packet is tried once an hour, then once in two, at last once a day', (t) => {
  const limit = new PacketLimit();
  let now = 0;
  limit.failed(100_000, now);
  for (const hours of [1, 2, 4, 8, 16, 24, 24]) {
    t.false(limit.allows(100_000, now + hours * HOUR - 1), `${hours} h`);
    now += hours * HOUR;
    t.is(limit.sizeFor(now), Number.POSITIVE_INFINITY);
    t.true(limit.allows(100_000, now), `${hours} h`);
    t.false(limit.allows(100_000, now), 'one at a time');
    limit.failed(100_000, now);
  }
});

test('a trial that passes lifts the limit, and one that ends for another reason is repeated', (t) => {
  const limit = new PacketLimit();
  limit.failed(100_000, 0);
  t.true(limit.allows(80_000, HOUR));
  limit.ended();
  t.true(limit.allows(80_000, HOUR));
  limit.passed(80_000);
  t.is(limit.largest, undefined);
});

test('a limit that the broker names is exact, is never tried, and replaces a learned one', (t) => {
  const limit = new PacketLimit();
  limit.failed(100_000, 0);
  limit.announce(60_000);
  t.deepEqual(limit.largest, { bytes: 60_000, isAnnounced: true });
  t.true(limit.allows(60_000, 0));
  t.false(limit.allows(60_001, 1_000 * HOUR));
  limit.announce(undefined);
  t.is(limit.largest, undefined);
});
