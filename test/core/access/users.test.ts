import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { PasswordHasher } from '../../../core/access/password-hash.js';
import { passwordFault } from '../../../core/access/password-rule.js';
import { GOOD_PASSWORD, openSession, startAccess } from '../../support/access.js';

test('a password is long, not common, and without the names of the user and the site', async (t) => {
  const names = ['mara', 'harbour'];
  const refused: [string, RegExp][] = [
    ['elevenchars', /has 11 characters; at least 12/],
    ['x'.repeat(257), /at most 256/],
    ['unbelievable', /common/],
    ['UNBELIEVABLE', /common/],
    ['password1234', /common/],
    ['passwordpassword', /common/],
    ['!!!administrator!!!', /common/],
    ['qwertyuiop123', /common/],
    ['aaaaaaaaaaaa', /repeats/],
    ['121212121212', /repeats/],
    ['abcdefghijkl', /sequence/],
    ['987654321098', /sequence/],
    ['my-Mara-is-great', /contains "mara"/],
    ['by the HARBOUR wall', /contains "harbour"/],
  ];
  for (const [password, reason] of refused)
    t.regex((await passwordFault(password, names)) ?? 'accepted', reason, password);
  for (const password of [
    GOOD_PASSWORD,
    'correct horse battery staple',
    'пароль-для-сайта',
    '8nQ!x2Lr@v5Tz',
    `${'🦀'.repeat(6)}🐙🐡🐠🐟🐬🐳`,
  ])
    t.is(await passwordFault(password, names), undefined, password);
  t.is(await passwordFault('al-dente pasta', ['al']), undefined, 'a short name occurs by chance');
});

test('a password is stored as argon2id and nowhere in plain text', async (t) => {
  const { users, folder } = await startAccess(t);
  await users.create('mara', 'operator', GOOD_PASSWORD);
  const row = await users.find('mara');
  t.regex(row?.password_hash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  for (const name of readdirSync(folder))
    t.false(readFileSync(join(folder, name)).includes(GOOD_PASSWORD), name);
  await users.create('noor', 'operator', GOOD_PASSWORD);
  t.not((await users.find('noor'))?.password_hash, row?.password_hash, 'each has its own salt');
});

test('only the right password lets a user in', async (t) => {
  const { users } = await startAccess(t);
  await users.create('mara', 'operator', GOOD_PASSWORD);
  t.is((await users.verify('mara', GOOD_PASSWORD))?.role, 'operator');
  const wrong = ['', `${GOOD_PASSWORD} `, GOOD_PASSWORD.toUpperCase(), 'x'.repeat(5_000)];
  for (const password of wrong) t.is(await users.verify('mara', password), undefined);
  t.is(await users.verify('nobody', GOOD_PASSWORD), undefined);
  t.is(await users.verify('__proto__', GOOD_PASSWORD), undefined);
  await t.throwsAsync(users.create('mara', 'viewer', GOOD_PASSWORD), { message: /exists/ });
  await t.throwsAsync(users.create('Mara Smith', 'viewer', GOOD_PASSWORD), {
    message: /The name of the user: expected/,
  });
});

test.serial('an unknown user costs the same as a wrong password', async (t) => {
  const { users } = await startAccess(t);
  await users.create('mara', 'operator', GOOD_PASSWORD);
  const measure = async (name: string) => {
    const times: number[] = [];
    for (let i = 0; i < 5; i++) {
      const from = process.cpuUsage();
      await users.verify(name, 'not the password');
      const { user, system } = process.cpuUsage(from);
      times.push((user + system) / 1_000);
    }
    return Math.min(...times);
  };
  await measure('nobody');
  const [known, unknown] = [await measure('mara'), await measure('nobody')];
  t.true(
    unknown > known / 3 && unknown < known * 3,
    `${known} and ${unknown} ms of processor time`,
  );
});

test('passwords are checked one at a time, and no caller takes the whole queue', async (t) => {
  const hasher = new PasswordHasher();
  const stored = await hasher.hash(GOOD_PASSWORD, 'set-up');
  const flood = Array.from({ length: 20 }, () => hasher.verify(stored, 'wrong', '192.0.2.1'));
  const other = hasher.verify(stored, GOOD_PASSWORD, '192.0.2.2');
  const settled = await Promise.allSettled(flood);
  // One is checked, eight wait.
  t.is(settled.filter(({ status }) => status === 'fulfilled').length, 9);
  t.true(await other);
  t.true(await hasher.verify(stored, GOOD_PASSWORD, '192.0.2.1'), 'the places are free again');
});

test('a password of one network is checked soon, although many others fill the queue', async (t) => {
  const hasher = new PasswordHasher();
  const stored = await hasher.hash(GOOD_PASSWORD, 'set-up');
  let before = 0;
  const flood = Array.from({ length: 5 * 9 }, (_, i) =>
    hasher.verify(stored, 'wrong', `2001:db8:0:${i % 5}::/64`).then(() => before++),
  );
  t.true(await hasher.verify(stored, GOOD_PASSWORD, '192.0.2.2'), 'it is not refused');
  t.true(before <= 7, `${before} others came first`);
  await Promise.allSettled(flood);
});

test('the last administrator stays unless it is forced', async (t) => {
  const { users, tokens } = await startAccess(t);
  await users.create('mara', 'admin', GOOD_PASSWORD);
  t.true(await tokens.remove('admin'), 'a user administers the program');
  const last = { message: /the last administrator/ };
  await t.throwsAsync(users.remove('mara'), last);
  await t.throwsAsync(users.setRole('mara', 'operator'), last);
  t.is((await users.find('mara'))?.role, 'admin', 'nothing has changed');
  await tokens.create('scoped', 'admin', { cameras: ['door'] });
  await t.throwsAsync(users.remove('mara'), last, 'a limited token administers nothing');
  await users.create('noor', 'admin', GOOD_PASSWORD);
  await users.remove('mara');
  await users.remove('noor', { force: true });
  t.deepEqual(await users.list(), []);
});

test('a new password, another role and the removal end the sessions of the user alone', async (t) => {
  const { users, sessions } = await startAccess(t);
  await users.create('mara', 'admin', GOOD_PASSWORD);
  await users.create('noor', 'viewer', GOOD_PASSWORD);
  const other = await openSession({ users, sessions }, 'noor');
  const changes = [
    () => users.setPassword('mara', 'another good one 7'),
    () => users.setRole('mara', 'operator'),
    () => users.remove('mara'),
  ];
  for (const change of changes) {
    const secret = await openSession({ users, sessions }, 'mara');
    t.truthy(await sessions.verify(secret));
    await change();
    t.is(await sessions.verify(secret), undefined);
  }
  t.is((await sessions.verify(other))?.name, 'noor');
  await t.throwsAsync(users.setPassword('mara', GOOD_PASSWORD), { message: /no user "mara"/ });
});
