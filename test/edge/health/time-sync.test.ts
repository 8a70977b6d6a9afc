import test from 'ava';
import { TimeSync } from '../../../edge/health/time-sync.js';
import { eventually } from '../../support/eventually.js';

const NOW = Date.parse('2026-05-01T00:00:00Z');

test('the clock is synchronised, unsynchronised or unknown, as the machine reports', async (t) => {
  const answers = [
    [['echo', 'yes'], 'synchronised', NOW],
    [['echo', 'no'], 'unsynchronised', 0],
    [['echo', 'perhaps'], 'unknown', NOW],
    [['false'], 'unknown', NOW],
    [['/nowhere/timedatectl'], 'unknown', NOW],
  ] as const;
  for (const [command, status, now] of answers) {
    const trust = new TimeSync(() => NOW, [...command]);
    await trust.start();
    t.is(trust.status, status);
    t.is(trust.now(), now);
    await trust.stop();
  }
});

test('a machine that does not answer keeps nobody waiting for long', async (t) => {
  const trust = new TimeSync(() => NOW, ['sleep', '60']);
  const began = performance.now();
  await trust.start();
  t.is(trust.status, 'unknown');
  t.true(performance.now() - began < 10_000);
  await trust.stop();
});

test('a clock from before the program was written is not trusted, whatever the machine reports, until it is set', async (t) => {
  let now = 5_000;
  const trust = new TimeSync(() => now, ['echo', 'yes']);
  await trust.start();
  t.is(trust.status, 'unsynchronised');
  t.is(trust.now(), 0);
  now = NOW;
  t.is(trust.status, 'synchronised');
  await trust.stop();
});

test('the machine is asked again periodically', async (t) => {
  const script = 'test -e "$0" && echo yes || { touch "$0"; echo no; }';
  const mark = `/tmp/siteglass-clock-${process.pid}`;
  const trust = new TimeSync(() => NOW, ['sh', '-c', script, mark], 20);
  await trust.start();
  t.is(trust.status, 'unsynchronised');
  await eventually('the next answer', () => trust.status === 'synchronised');
  await trust.stop();
});
