import test from 'ava';
import { PerMinute } from '../../../core/runtime/per-minute.js';

test('events are counted for a minute and then forgotten', (t) => {
  let now = 1_000;
  const rate = new PerMinute(() => now);
  t.is(rate.total(), 0);
  rate.count();
  rate.count();
  now += 30;
  rate.count();
  t.is(rate.total(), 3);
  now += 29;
  t.is(rate.total(), 3);
  now += 1;
  t.is(rate.total(), 1, 'the first two are a minute old');
  now += 1_000;
  t.is(rate.total(), 0);
  rate.count();
  t.is(rate.total(), 1);
});
