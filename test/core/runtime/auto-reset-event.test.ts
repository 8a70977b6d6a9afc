import test from 'ava';
import { AutoResetEvent } from '../../../core/runtime/auto-reset-event.js';

test('several sets before a wait wake it once', async (t) => {
  const event = new AutoResetEvent();
  event.set();
  event.set();
  t.true(await event.wait(10));
  t.false(await event.wait(10), 'the first wait has reset it');
});

test('a set wakes a wait, also after an earlier wait timed out', async (t) => {
  const event = new AutoResetEvent();
  t.false(await event.wait(10));
  const waiting = event.wait();
  event.set();
  t.true(await waiting);
});
