import test from 'ava';
import { AttemptThrottle } from '../../../core/runtime/attempt-throttle.js';

test('a name that fails again and again waits longer each time at its address, up to a minute; others do not wait', (t) => {
  let now = 0;
  const throttle = new AttemptThrottle({ now: () => now });
  for (let i = 0; i < 4; i++) throttle.failed('192.0.2.1', 'gate');
  t.is(throttle.waitMs('192.0.2.1', 'gate'), 0, 'a person may mistype a password');
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    throttle.failed('192.0.2.1', 'gate');
    waits.push(throttle.waitMs('192.0.2.1', 'gate'));
  }
  t.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  t.is(throttle.waitMs('192.0.2.2', 'gate'), 0, 'another address');
  t.is(throttle.waitMs('192.0.2.1', 'depot'), 0, 'another name at the same address');
  now += 60_000;
  t.is(throttle.waitMs('192.0.2.1', 'gate'), 0, 'it may try again');
  now += 10 * 60_000;
  throttle.failed('192.0.2.1', 'gate');
  t.is(throttle.waitMs('192.0.2.1', 'gate'), 0, 'forgotten');
});

test('an attacker does not escape with another address of his IPv6 network, and memory is bounded', (t) => {
  const throttle = new AttemptThrottle({ now: () => 0 });
  for (let i = 1; i <= 6; i++) throttle.failed(`2001:db8::${i}`, 'gate');
  t.true(throttle.waitMs('2001:db8::ffff', 'gate') > 0);
  t.is(throttle.waitMs('2001:db8:0:1::1', 'gate'), 0);
  for (let i = 0; i < 10_000; i++) throttle.failed(`10.1.${i >> 8}.${i & 255}`, 'gate');
  t.is(throttle.waitMs('2001:db8::ffff', 'gate'), 0, 'the oldest is forgotten');
});

test('a site with a wrong password that tries again for hours does not keep others at its address waiting', (t) => {
  let now = 0;
  const throttle = new AttemptThrottle({ now: () => now });
  for (; now < 6 * 3_600_000; now += 1_000)
    if (throttle.waitMs('192.0.2.1', 'gate') === 0) throttle.failed('192.0.2.1', 'gate');
  t.true(throttle.waitMs('192.0.2.1', 'gate') > 0);
  t.is(throttle.waitMs('192.0.2.1', 'depot'), 0);
});

test('an address that guesses with ever new names is bounded as a whole', (t) => {
  let now = 0;
  const throttle = new AttemptThrottle({ now: () => now });
  let failures = 0;
  for (; now < 3_600_000; now += 100)
    if (throttle.waitMs('192.0.2.1', `name-${now}`) === 0) {
      throttle.failed('192.0.2.1', `name-${now}`);
      failures++;
    }
  t.true(failures <= 120 + 720, `${failures} in an hour`);
  t.is(throttle.waitMs('192.0.2.2', 'gate'), 0);
});
