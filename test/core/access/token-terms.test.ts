import test from 'ava';
import type { ClockEra } from '../../../core/runtime/clock-eras.js';
import { HOUR_MS, startAccess } from '../../support/access.js';

test('a token ends after its lifetime, and no other token with it', async (t) => {
  const { tokens, clock } = await startAccess(t);
  const short = await tokens.create('short', 'viewer', { lifetimeMs: HOUR_MS });
  const long = await tokens.create('long', 'viewer');
  clock.now += HOUR_MS - 1;
  t.is((await tokens.verify(short))?.name, 'short');
  clock.now += 1;
  t.is(await tokens.verify(short), undefined);
  t.is((await tokens.verify(long))?.name, 'long');
});

test('a clock that is set neither ends a token nor makes it last longer', async (t) => {
  let eras: ClockEra[] = [];
  const { tokens, clock } = await startAccess(t, { eras: () => eras });
  const began = clock.now;
  const token = await tokens.create('day', 'viewer', { lifetimeMs: 24 * HOUR_MS });
  const year = 365 * 24 * HOUR_MS;
  for (const [set, hours, isGood] of [
    [year, 23, true],
    [year, 24, false],
    [-year, 23, true],
    [-year, 24, false],
  ] as const) {
    clock.now = began + set + hours * HOUR_MS;
    eras = [
      { from: began + set, to: clock.now, now: clock.now },
      { from: Number.NEGATIVE_INFINITY, to: began + 1, now: began + hours * HOUR_MS },
    ];
    t.is((await tokens.verify(token)) !== undefined, isGood, `${set} ${hours}`);
  }
});

test('the use of a token is written at most once a minute', async (t) => {
  const { tokens, clock } = await startAccess(t);
  const token = await tokens.create('busy', 'viewer');
  const usedAt = async () =>
    (await tokens.list()).find(({ name }) => name === 'busy')?.last_used_at;
  await tokens.verify(token);
  const first = await usedAt();
  t.is(first, clock.now);
  clock.now += 30_000;
  await tokens.verify(token);
  t.is(await usedAt(), first);
});

test('the first start makes no token if a user administers the program', async (t) => {
  const { tokens, users } = await startAccess(t);
  await users.create('mara', 'admin', 'violet anchor tram 9');
  await tokens.remove('admin');
  await tokens.start();
  t.deepEqual(await tokens.list(), []);
});
