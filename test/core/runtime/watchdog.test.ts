import test, { type ExecutionContext } from 'ava';
import { pino } from 'pino';
import type { Notice, Notifier } from '../../../core/runtime/notifier.js';
import { type Probe, Watchdog } from '../../../core/runtime/watchdog.js';
import { eventually } from '../../support/eventually.js';

/** A watchdog that beats every 20 ms, what it told, and what it logged. */
async function watch(t: ExecutionContext, ...probes: Probe[]) {
  const told: Notice[] = [];
  const logged: { level: number; msg: string; probe?: string }[] = [];
  const notifier: Notifier = { watchdogMs: 60, notify: async (notice) => void told.push(notice) };
  const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const watchdog = new Watchdog(probes, notifier, log);
  await watchdog.start();
  t.teardown(() => watchdog.stop());
  /** Resolves with the next notices after now. */
  const next = async (count: number) => {
    const from = told.length;
    await eventually(`${count} more notices`, () => told.length >= from + count);
    return told.slice(from, from + count);
  };
  return { watchdog, told, logged, next };
}

const healthy: Probe = { name: 'healthy', check: () => undefined };

test('ready is sent first, then a keepalive each time all probes are healthy, then stopping', async (t) => {
  const { watchdog, told, next, logged } = await watch(t, healthy, { ...healthy, name: 'other' });
  t.deepEqual(told[0], { READY: '1', STATUS: 'Working' });
  for (const notice of await next(2)) t.deepEqual(notice, { WATCHDOG: '1', STATUS: 'Working' });
  await watchdog.stop();
  t.deepEqual(told.at(-1), { STOPPING: '1', STATUS: 'Stopping' });
  t.deepEqual(logged, []);
});

test('with a fault there is no keepalive; the log names the failed probe once, and the status every time', async (t) => {
  let fault: string | undefined = 'the yard is not asked';
  const { logged, next } = await watch(t, healthy, { name: 'cameras', check: () => fault });
  for (const notice of await next(3))
    t.deepEqual(notice, { STATUS: 'Faulty: cameras: the yard is not asked' });
  t.is(logged.length, 1);
  t.like(logged[0], { level: 50, probe: 'cameras' });
  t.regex(logged[0]?.msg ?? '', /^probe failed: the yard is not asked; systemd will restart it/);
  fault = undefined;
  const [, again] = await next(2);
  t.is(again?.WATCHDOG, '1');
  t.is(logged[1]?.msg, 'all probes healthy');
});

test('a probe that does not answer is a fault, and is not asked again before it answers', async (t) => {
  let calls = 0;
  let answer: () => void = () => undefined;
  const check = () => {
    calls++;
    return new Promise<undefined>((resolve) => {
      answer = () => resolve(undefined);
    });
  };
  const { next, told } = await watch(t, healthy, { name: 'database', check });
  // The timers of a busy machine may fire at once, before the time for an answer is over.
  await eventually('a fault', () => told.at(-1)?.STATUS?.startsWith('Faulty'));
  for (const { STATUS, WATCHDOG } of await next(3)) {
    t.is(WATCHDOG, undefined);
    t.regex(STATUS ?? '', /^Faulty: database: no response for \d+ s$/);
  }
  t.is(calls, 1);
  answer();
  await eventually('it is asked again', () => calls === 2);
});

test('a probe with a longer timeout may take several rounds', async (t) => {
  const check = () => new Promise<undefined>(() => undefined);
  const { next } = await watch(t, { name: 'database', patienceMs: 60_000, check });
  for (const { WATCHDOG } of await next(3)) t.is(WATCHDOG, '1');
});

test('a probe that throws is a fault with its reason', async (t) => {
  const check = () => {
    throw new Error('it is gone');
  };
  const { next } = await watch(t, { name: 'detection', check });
  const [, notice] = await next(2);
  t.deepEqual(notice, { STATUS: 'Faulty: detection: the check failed: it is gone' });
});
