import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { FairTurns } from '../../../core/http/fair-turns.js';
import { SendRate } from '../../../core/http/send-rate.js';

async function settled(count: number) {
  for (let n = 0; n < count; n++) await turn();
}

test('a request without others begins at once', (t) => {
  const begun: string[] = [];
  new FairTurns().run('a', () => begun.push('a'));
  t.deepEqual(begun, ['a']);
});

test('requests begin one a turn, of each network after the other', async (t) => {
  const turns = new FairTurns();
  const begun: string[] = [];
  for (let n = 0; n < 50; n++) turns.run('flood', () => begun.push(`flood ${n}`));
  turns.run('other', () => begun.push('other'));
  t.is(begun.length, 1);
  await settled(4);
  t.true(begun.indexOf('other') <= 2, `${begun}`);
  t.true(begun.length < 10);
  await settled(100);
  t.is(begun.length, 51);
  t.deepEqual(
    begun.filter((name) => name !== 'other'),
    Array.from({ length: 50 }, (_, n) => `flood ${n}`),
  );
});

test('while connections come, a network with many waits, but not for ever', async (t) => {
  const turns = new FairTurns((network) => network === 'flood');
  const begun: string[] = [];
  turns.run('flood', () => begun.push('flood'));
  turns.run('other', () => begun.push('other'));
  await settled(4);
  t.deepEqual(begun, ['other']);
  await settled(20);
  t.deepEqual(begun, ['other', 'flood']);
});

test('a network has a share of bytes for each second; a full one admits any response', (t) => {
  let now = 0;
  const rate = new SendRate(1_000, () => now);
  t.true(rate.take('a', 5_000));
  t.false(rate.take('a', 1));
  t.true(rate.take('b', 600));
  t.true(rate.take('b', 400));
  t.false(rate.take('b', 400));
  now = 500;
  t.true(rate.take('b', 400));
  t.false(rate.take('a', 1));
  now = 5_000;
  rate.sweep();
  t.true(rate.take('a', 1_000));
});
