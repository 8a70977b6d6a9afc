import test from 'ava';
import { HeldBack } from '../../../edge/uplink/held-back.js';

test('what the relay held back is a problem of that epoch, until it is acknowledged or not named for two minutes', (t) => {
  let now = 0;
  const held = new HeldBack(() => now);
  t.is(held.problem('a', 0), undefined);
  held.named('a', [9, 7]);
  held.named('a', []);
  t.regex(held.problem('a', 6) ?? '', /summary 7 and others.*beyond its budget/);
  t.is(held.problem('a', 7), undefined);
  t.is(held.problem('b', 0), undefined);
  now = 119_999;
  t.truthy(held.problem('a', 6));
  now = 120_000;
  t.is(held.problem('a', 6), undefined, 'the relay is silent');
});
