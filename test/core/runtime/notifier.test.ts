import test from 'ava';
import { silentLogger } from '../../../core/runtime/logger.js';
import { createNotifier } from '../../../core/runtime/notifier.js';
import { startServiceManager } from '../../support/service-manager.js';

test('outside systemd nothing is notified and nothing fails', async (t) => {
  const notifier = createNotifier(silentLogger(), {});
  t.is(notifier.watchdogMs, undefined);
  await notifier.notify({ READY: '1' });
});

test('systemd is notified over its socket, with a whole message at once and each field on one line', async (t) => {
  const manager = await startServiceManager(t, 60_000);
  const environment: NodeJS.ProcessEnv = { ...manager.environment, WATCHDOG_PID: `${process.pid}` };
  const notifier = createNotifier(silentLogger(), environment);
  t.is(notifier.watchdogMs, 60_000);
  t.deepEqual(environment, {}, 'no child speaks for this process');
  await notifier.notify({ READY: '1', STATUS: 'two\nlines' });
  await manager.told(({ READY }) => READY === '1');
  t.deepEqual(manager.notices, [{ READY: '1', STATUS: 'two lines' }]);
});

test('a watchdog meant for another process is ignored', (t) => {
  const environment = { NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' };
  t.is(createNotifier(silentLogger(), environment).watchdogMs, undefined);
});

test('a service manager that does not listen is logged once, and ends nothing', async (t) => {
  const said: unknown[] = [];
  const log = silentLogger();
  log.warn = (...line: unknown[]) => void said.push(line.at(-1));
  const notifier = createNotifier(log, { NOTIFY_SOCKET: '/nowhere/notify' });
  await notifier.notify({ READY: '1' });
  await notifier.notify({ WATCHDOG: '1' });
  t.deepEqual(said, ['systemd notification failed']);
});
