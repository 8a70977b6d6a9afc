import test from 'ava';
import { LogIns } from '../../../core/access/log-ins.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import { GOOD_PASSWORD, startAccess } from '../../support/access.js';

const user = {
  name: 'mara',
  role: 'admin',
  password_hash: '',
  created_at: 0,
  password_at: 0,
} as const;

/** Log-ins of users who all have the password "right". Resolves with the seconds to wait, or the code of the refusal. */
function startLogIns() {
  const clock = { now: 0 };
  const queue = { isFull: false };
  const logIns = new LogIns({
    users: {
      find: async () => undefined,
      verify: async (name, password) => {
        if (queue.isFull) throw new ProblemError('rate_limited', 'full', { retryAfter: 1 });
        return password === 'right' ? { ...user, name } : undefined;
      },
    },
    sessions: { open: async () => 'secret' },
    audit: { record: () => undefined },
    now: () => clock.now,
  });
  const tryIt = async (address: string, name: string, password = 'wrong') => {
    try {
      await logIns.confirm(name, password, address);
      return 'in';
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return error.code === 'rate_limited' ? Math.round(error.retryAfter ?? 0) : error.code;
    }
  };
  return { clock, queue, tryIt };
}

test('failed log-ins are delayed more and more, for their address and account alone', async (t) => {
  const { clock, tryIt } = startLogIns();
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    const wait = await tryIt('192.0.2.1', 'mara');
    waits.push(typeof wait === 'number' ? wait : 0);
    if (typeof wait !== 'number') continue;
    clock.now += wait * 1_000;
    await tryIt('192.0.2.1', 'mara');
  }
  t.deepEqual(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32]);
  t.is(await tryIt('192.0.2.2', 'mara', 'right'), 'in', 'another address');
  t.is(await tryIt('192.0.2.1', 'mara', 'right'), 60);
  t.is(await tryIt('192.0.2.1', 'noor', 'right'), 'in', 'another account behind the same address');
});

test('an account that fails for hours does not keep others at its address waiting', async (t) => {
  const { clock, tryIt } = startLogIns();
  for (; clock.now < 3 * 3_600_000; clock.now += 1_000) await tryIt('192.0.2.1', 'mara');
  t.is(typeof (await tryIt('192.0.2.1', 'mara', 'right')), 'number', 'it has to wait');
  t.is(await tryIt('192.0.2.1', 'noor', 'right'), 'in');
});

test('an address that guesses at many accounts is delayed as a whole, and so is its network', async (t) => {
  const { tryIt } = startLogIns();
  for (let i = 0; i < 30; i++) t.is(await tryIt(`2001:db8::${i}`, `guess${i}`), 'unauthorized');
  t.is(await tryIt('2001:db8::ffff', 'noor', 'right'), 20);
  t.is(await tryIt('192.0.2.1', 'noor', 'right'), 'in');
});

test('a right password ends the delay of this account, but not that of guesses at others', async (t) => {
  const { tryIt } = startLogIns();
  for (let i = 0; i < 28; i++) await tryIt('192.0.2.1', `guess${i}`);
  await tryIt('192.0.2.1', 'own');
  t.is(await tryIt('192.0.2.1', 'own', 'right'), 'in');
  await tryIt('192.0.2.1', 'guess28');
  await tryIt('192.0.2.1', 'guess29');
  t.is(await tryIt('192.0.2.1', 'guess30'), 20);
});

test('many log-ins at once are no way around the delay', async (t) => {
  const { tryIt } = startLogIns();
  const all = await Promise.all(Array.from({ length: 20 }, () => tryIt('192.0.2.1', 'mara')));
  t.is(all.filter((result) => result === 'unauthorized').length, 3);
});

test('a log-in whose password nobody has looked at is no failed one', async (t) => {
  const { queue, tryIt } = startLogIns();
  queue.isFull = true;
  for (let i = 0; i < 40; i++) t.is(await tryIt('192.0.2.1', 'mara'), 1);
  queue.isFull = false;
  for (let i = 0; i < 3; i++) t.is(await tryIt('192.0.2.1', 'mara'), 'unauthorized');
  t.is(await tryIt('192.0.2.1', 'mara', 'right'), 1, 'the failed ones count');
  t.is(await tryIt('192.0.2.1', 'noor', 'right'), 'in');
});

test('a flood of failures is counted in bounded memory', async (t) => {
  const { tryIt } = startLogIns();
  for (let i = 0; i < 30_000; i++) await tryIt(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 'x');
  t.is(await tryIt('192.0.2.1', 'mara', 'right'), 'in');
});

test('one network has one share of the queue of passwords, whatever changes them', async (t) => {
  const { users } = await startAccess(t);
  await users.create('mara', 'admin', GOOD_PASSWORD);
  const changes = Array.from({ length: 20 }, (_, i) => [
    users.setPassword('mara', `${GOOD_PASSWORD} ${i}`, `2001:db8::${i}`),
    users.create(`user-${i}`, 'viewer', GOOD_PASSWORD, `2001:db8::1:${i}`),
  ]);
  const settled = await Promise.allSettled(changes.flat());
  // One is hashed, eight wait.
  t.is(settled.filter(({ status }) => status === 'fulfilled').length, 9);
});
