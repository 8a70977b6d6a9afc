import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import type { ClockEra } from '../../../core/runtime/clock-eras.js';
import { GOOD_PASSWORD, HOUR_MS, openSession, startAccess } from '../../support/access.js';

test('a session ends when it is not used, and after its longest time', async (t) => {
  const { users, sessions, clock } = await startAccess(t);
  await users.create('mara', 'operator', GOOD_PASSWORD);
  const idle = await openSession({ users, sessions }, 'mara');
  clock.now += 12 * HOUR_MS - 1;
  t.is((await sessions.verify(idle))?.role, 'operator');
  clock.now += 12 * HOUR_MS - 1;
  t.truthy(await sessions.verify(idle), 'its use has made it longer');
  clock.now += 12 * HOUR_MS;
  t.is(await sessions.verify(idle), undefined);
  t.deepEqual(await sessions.list(), []);

  const used = await openSession({ users, sessions }, 'mara');
  for (let hours = 0; hours < 30 * 24 - 11; hours += 11) {
    t.truthy(await sessions.verify(used), `${hours} h`);
    clock.now += 11 * HOUR_MS;
  }
  clock.now += 11 * HOUR_MS;
  t.is(await sessions.verify(used), undefined);
});

test('a session is good although its use cannot be written, as on a full disk', async (t) => {
  const { users, sessions, clock, db } = await startAccess(t);
  await users.create('mara', 'operator', GOOD_PASSWORD);
  const secret = await openSession({ users, sessions }, 'mara');
  await sql`CREATE TRIGGER full BEFORE UPDATE ON user_session BEGIN SELECT RAISE(FAIL, 'disk is full'); END`.execute(
    db,
  );
  clock.now += HOUR_MS;
  t.is((await sessions.verify(secret))?.role, 'operator');
  clock.now += 12 * HOUR_MS;
  t.is(await sessions.verify(secret), undefined, 'it still ends');
});

test('a clock that is set neither ends a session nor makes it longer', async (t) => {
  let eras: ClockEra[] = [];
  const { users, sessions, clock } = await startAccess(t, { eras: () => eras });
  await users.create('mara', 'operator', GOOD_PASSWORD);
  const began = clock.now;
  const secret = await openSession({ users, sessions }, 'mara');
  // An hour later the clock is set ahead by a year: it was wrong before.
  const year = 365 * 24 * HOUR_MS;
  clock.now = began + HOUR_MS + year;
  eras = [
    { from: clock.now - HOUR_MS, to: clock.now, now: clock.now },
    { from: Number.NEGATIVE_INFINITY, to: began + HOUR_MS, now: began + HOUR_MS },
  ];
  t.truthy(await sessions.verify(secret));
  // And back again, thirteen hours later.
  clock.now = began + 14 * HOUR_MS;
  eras = [
    { from: began + 14 * HOUR_MS, to: clock.now, now: clock.now },
    {
      from: began + year,
      to: began + year + 14 * HOUR_MS,
      now: began + year + 14 * HOUR_MS,
    },
    { from: Number.NEGATIVE_INFINITY, to: began + HOUR_MS, now: clock.now },
  ];
  t.is(await sessions.verify(secret), undefined, 'thirteen hours have passed');

  const future = await openSession({ users, sessions }, 'mara');
  clock.now -= 24 * HOUR_MS;
  eras = [];
  t.is(await sessions.verify(future), undefined, 'a time in the future is trusted by nobody');
});

test('the secret of a session is not stored', async (t) => {
  const { users, sessions, folder } = await startAccess(t);
  await users.create('mara', 'operator', GOOD_PASSWORD);
  const secret = await openSession({ users, sessions }, 'mara');
  for (const name of readdirSync(folder))
    t.false(readFileSync(join(folder, name)).includes(secret), name);
  for (const guess of ['', secret.slice(1), `${secret}x`, secret.toLowerCase(), 'a'.repeat(43)])
    t.is(await sessions.verify(guess), undefined, guess);
});

test('a user has at most 16 sessions: the one that was not used for longest ends first', async (t) => {
  const { users, sessions, clock } = await startAccess(t);
  await users.create('mara', 'operator', GOOD_PASSWORD);
  await users.create('noor', 'operator', GOOD_PASSWORD);
  const other = await openSession({ users, sessions }, 'noor');
  const secrets: string[] = [];
  for (let i = 0; i < 17; i++) {
    clock.now += 61_000;
    secrets.push(await openSession({ users, sessions }, 'mara'));
    if (i === 15) await sessions.verify(secrets[0] ?? '');
  }
  const live = await Promise.all(secrets.map((secret) => sessions.verify(secret)));
  t.deepEqual(
    live.flatMap((caller, index) => (caller ? [] : [index])),
    [1],
  );
  t.truthy(await sessions.verify(other));
});

test('a log-in with a password that is replaced while it is checked opens no session', async (t) => {
  const { users, sessions, logIns } = await startAccess(t);
  await users.create('mara', 'admin', GOOD_PASSWORD);
  await users.create('noor', 'admin', GOOD_PASSWORD);
  const origin = { address: '192.0.2.7', agent: 'a browser' };
  const changes: [string, (name: string) => Promise<void>][] = [
    ['mara', (name) => users.setPassword(name, 'another good one 7')],
    ['noor', (name) => users.remove(name)],
  ];
  for (const [name, change] of changes) {
    const user = await users.find(name);
    // Its turn comes before that of the log-in, which has read the former password.
    const [done, loggedIn] = await Promise.allSettled([
      change(name),
      logIns.logIn(name, GOOD_PASSWORD, origin),
    ]);
    t.is(done.status, 'fulfilled');
    if (loggedIn.status === 'fulfilled')
      t.is(await sessions.verify(loggedIn.value.secret), undefined, 'it came first and ended');
    if (user) t.is(await sessions.open(user, origin), undefined, 'it comes last');
  }
  t.deepEqual(await sessions.list(), []);
  await t.throwsAsync(logIns.logIn('mara', GOOD_PASSWORD, origin), { message: /is wrong/ });
});
