import test from 'ava';
import { ReadinessMonitor } from '../../../core/http/readiness.js';
import { DatabaseUnavailableError } from '../../../core/store/database-unavailable.js';

const never = new Promise<undefined>(() => undefined);

test('a process is ready if every requirement is fulfilled, and names each that is not', async (t) => {
  let broker: string | undefined;
  const monitor = new ReadinessMonitor(
    [
      { name: 'broker', check: () => broker },
      {
        name: 'database',
        check: () => {
          if (broker) throw new DatabaseUnavailableError('unwritable', 'its disk is full');
          return undefined;
        },
      },
      {
        name: 'files',
        check: async () => {
          if (broker) throw new Error('EACCES');
          return undefined;
        },
      },
    ],
    1_000,
    0,
  );
  t.deepEqual(await monitor.readiness(), { ready: true, reasons: [] });
  broker = 'no broker';
  t.deepEqual(await monitor.readiness(), {
    ready: false,
    reasons: [
      'no broker',
      'the database is not available: its disk is full',
      'the files cannot be used: EACCES',
    ],
  });
  t.deepEqual(await monitor.states(), [
    ['broker', false],
    ['database', false],
    ['files', false],
  ]);
});

test('what operators should know is listed, and changes nothing', async (t) => {
  const notes = () => ['the database was repaired'];
  const monitor = new ReadinessMonitor([{ name: 'file', check: () => undefined, notes }]);
  t.deepEqual(await monitor.readiness(), { ready: true, reasons: ['the database was repaired'] });
});

test('a requirement that does not answer is named within the deadline, and is not asked a second time meanwhile', async (t) => {
  let asked = 0;
  const check = () => {
    asked++;
    return never;
  };
  const monitor = new ReadinessMonitor([{ name: 'database', check }], 50, 10);
  for (let i = 0; i < 3; i++) {
    const began = performance.now();
    const { ready, reasons } = await monitor.readiness();
    t.false(ready);
    t.deepEqual(reasons, ['the database does not answer']);
    t.true(performance.now() - began < 1_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.is(asked, 1);
});

test('callers share a result for a while', async (t) => {
  let asked = 0;
  const check = () => {
    asked++;
    return undefined;
  };
  const monitor = new ReadinessMonitor([{ name: 'database', check }]);
  await Promise.all(Array.from({ length: 20 }, () => monitor.readiness()));
  await monitor.readiness();
  t.is(asked, 1);
});
