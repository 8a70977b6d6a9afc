import test from 'ava';
import { LoginThrottle } from '../../../core/messaging/login-throttle.js';

test('an address that fails again and again waits longer each time, up to a minute; others do not wait', (t) => {
  let now = 0;
  const throttle = new LoginThrottle(() => now);
  for (let i = 0; i < 4; i++) throttle.failed('192.0.2.1');
  t.is(throttle.waitMs('192.0.2.1'), 0, 'a person may mistype a password');
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    throttle.failed('192.0.2.1');
    waits.push(throttle.waitMs('192.0.2.1'));
  }
  t.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  t.is(throttle.waitMs('192.0.2.2'), 0);
  now += 60_000;
  t.is(throttle.waitMs('192.0.2.1'), 0, 'it may try again');
  now += 10 * 60_000;
  throttle.failed('192.0.2.1');
  t.is(throttle.waitMs('192.0.2.1'), 0, 'forgotten');
});

test('an attacker does not escape with another address of his IPv6 network, and memory is bounded', (t) => {
  const throttle = new LoginThrottle(() => 0);
  for (let i = 1; i <= 6; i++) throttle.failed(`2001:db8::${i}`);
  t.true(throttle.waitMs('2001:db8::ffff') > 0);
  t.is(throttle.waitMs('2001:db8:0:1::1'), 0);
  for (let i = 0; i < 10_000; i++) throttle.failed(`10.1.${i >> 8}.${i & 255}`);
  t.is(throttle.waitMs('2001:db8::ffff'), 0, 'the oldest is forgotten');
});
