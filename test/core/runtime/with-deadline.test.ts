import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { withDeadline } from '../../../core/runtime/with-deadline.js';

const wait = (signal: AbortSignal) => sleep(60_000, undefined, { signal });

test('work is aborted at its deadline', async (t) => {
  let reason: unknown;
  const work = withDeadline(10, new AbortController().signal, async (signal) => {
    await wait(signal).catch(() => undefined);
    reason = signal.reason;
  });
  await work;
  t.is((reason as Error).name, 'TimeoutError');
});

test('work is aborted together with its parent, and is not started after it', async (t) => {
  const parent = new AbortController();
  const work = withDeadline(60_000, parent.signal, wait);
  parent.abort(new Error('stopped'));
  await t.throwsAsync(work, { name: 'AbortError' });
  await t.throwsAsync(
    withDeadline(60_000, parent.signal, async () => t.fail('the work was started')),
    { message: 'stopped' },
  );
});
