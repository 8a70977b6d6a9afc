import test from 'ava';
import { ProblemError } from '../../../core/runtime/errors.js';
import { SetupCode } from '../../../edge/setup/setup-code.js';

const statusOf = async (work: Promise<void>): Promise<number> => {
  try {
    await work;
    return 200;
  } catch (error) {
    if (error instanceof ProblemError) return error.status;
    throw error;
  }
};

test('a code is right in any case, with and without its dash, and each start has another', async (t) => {
  const code = new SetupCode();
  t.regex(code.text, /^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/);
  for (const text of [code.text, code.text.toLowerCase(), code.text.replace('-', ' ')])
    t.is(await statusOf(code.check(text, '192.0.2.1')), 200, text);
  t.is(await statusOf(code.check(`${code.text}2`, '192.0.2.1')), 401);
  t.not(new SetupCode().text, code.text);
});

test('a network that guesses is held back, and others are not', async (t) => {
  const code = new SetupCode();
  for (let i = 0; i < 5; i++) t.is(await statusOf(code.check('x', `2001:db8::${i}`)), 401);
  t.is(await statusOf(code.check(code.text, '2001:db8::9')), 429, 'the same /64');
  t.is(await statusOf(code.check(code.text, '192.0.2.1')), 200);
});

test('1,000 wrong codes of all networks together end a code, also if they come at once', async (t) => {
  const code = new SetupCode();
  const statuses = await Promise.all(
    Array.from({ length: 1_020 }, (_, i) => statusOf(code.check('x', `10.1.${i >> 8}.${i & 255}`))),
  );
  t.deepEqual([...new Set(statuses)], [401]);
  t.true(code.isVoid);
  t.is(await statusOf(code.check(code.text, '198.51.100.1')), 401);
});

test('a network that sends all wrong codes that it may in an hour does not end the code of others', async (t) => {
  const code = new SetupCode();
  // Each address stands for one minute of the network: 5 wrong codes in each of 60.
  for (let minute = 0; minute < 60; minute++)
    for (let i = 0; i < 5; i++) await statusOf(code.check('x', `10.2.0.${minute}`));
  t.false(code.isVoid);
  t.is(await statusOf(code.check(code.text, '192.0.2.1')), 200);
});

test('a code expires after an hour', async (t) => {
  let now = 0;
  const code = new SetupCode(() => now);
  now = 3_600_001;
  t.is(await statusOf(code.check(code.text, '192.0.2.1')), 401);
});
