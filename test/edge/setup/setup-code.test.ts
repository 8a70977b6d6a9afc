import test from 'ava';
import { ProblemError } from '../../../core/runtime/errors.js';
import { SetupCode } from '../../../edge/setup/setup-code.js';

const statusOf = (code: SetupCode, text: string, address: string): number => {
  try {
    code.check(text, address);
    return 200;
  } catch (error) {
    if (error instanceof ProblemError) return error.status;
    throw error;
  }
};

test('a code is right in any case, with and without its dash, and each start has another', (t) => {
  const code = new SetupCode();
  t.regex(code.text, /^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/);
  for (const text of [code.text, code.text.toLowerCase(), code.text.replace('-', ' ')])
    t.is(statusOf(code, text, '192.0.2.1'), 200, text);
  t.is(statusOf(code, `${code.text}2`, '192.0.2.1'), 401);
  t.not(new SetupCode().text, code.text);
});

test('a network that guesses is held back, and others are not', (t) => {
  const code = new SetupCode();
  for (let i = 0; i < 5; i++) t.is(statusOf(code, 'x', `2001:db8::${i}`), 401);
  t.is(statusOf(code, code.text, '2001:db8::9'), 429, 'the same /64');
  t.is(statusOf(code, code.text, '192.0.2.1'), 200);
});

test('1,000 wrong codes of all networks together end a code, also if they come at once', (t) => {
  const code = new SetupCode();
  const statuses = Array.from({ length: 1_020 }, (_, i) =>
    statusOf(code, 'x', `10.1.${i >> 8}.${i & 255}`),
  );
  t.deepEqual([...new Set(statuses)], [401]);
  t.true(code.isVoid);
  t.is(statusOf(code, code.text, '198.51.100.1'), 401);
});

test('a network that sends all wrong codes that it may in an hour does not end the code of others', (t) => {
  let now = 0;
  const code = new SetupCode(() => now);
  let wrong = 0;
  for (; now < 3_500_000; now += 100) if (statusOf(code, 'x', '10.2.0.1') === 401) wrong++;
  t.true(wrong > 5 && wrong <= 300, `${wrong}`);
  t.false(code.isVoid);
  t.is(statusOf(code, code.text, '192.0.2.1'), 200);
});

test('a code expires after an hour', (t) => {
  let now = 0;
  const code = new SetupCode(() => now);
  now = 3_600_001;
  t.is(statusOf(code, code.text, '192.0.2.1'), 401);
});
