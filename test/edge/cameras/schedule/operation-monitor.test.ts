import test from 'ava';
import { OperationMonitor } from '../../../../edge/cameras/schedule/operation-monitor.js';

test('an operation that does not end in time is hanging until it ends', async (t) => {
  let now = 0;
  const monitor = new OperationMonitor(() => now);
  let end: () => void = () => undefined;
  const operation = monitor.track(
    'fetch',
    5_000,
    () =>
      new Promise<void>((done) => {
        end = done;
      }),
  );
  now = 30_000;
  t.is(monitor.hanging(), undefined);
  now = 40_000;
  t.is(monitor.hanging(), 'fetch');
  end();
  await operation;
  t.is(monitor.hanging(), undefined);
});

test('an operation that fails is no longer tracked', async (t) => {
  let now = 0;
  const monitor = new OperationMonitor(() => now);
  await t.throwsAsync(
    monitor.track('fetch', 5_000, async () => {
      throw new Error('no response');
    }),
  );
  now = 1_000_000;
  t.is(monitor.hanging(), undefined);
});
