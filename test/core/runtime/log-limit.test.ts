import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { kindOf, LogLimit, type LogLimits } from '../../../core/runtime/log-limit.js';
import { createLimitedLogger } from '../../../core/runtime/logger.js';

interface Line {
  msg: string;
  [field: string]: unknown;
}

function startLog(limits: Partial<LogLimits> = {}, reportMs = 50) {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const log = createLimitedLogger('test', 'debug', stream, limits, reportMs);
  return { log, lines, read: () => lines.map((line) => JSON.parse(line) as Line) };
}

const BYTES = 100_000;
const LONG = 'x'.repeat(BYTES);

test('text of a client is cut wherever it is in a log line', (t) => {
  const { log, lines } = startLog();
  const deep = { a: { b: { c: { d: { e: { f: { g: LONG } } } } } } };
  const cause = new Error(LONG, { cause: new Error(LONG) });
  const carried = Object.assign(new Error(LONG, { cause }), { code: LONG });
  const shapes: unknown[] = [
    LONG,
    { text: LONG },
    { list: Array.from({ length: 5_000 }, () => LONG) },
    { nested: deep },
    { [LONG]: LONG },
    Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`${i}`, LONG])),
    { bytes: Buffer.alloc(BYTES) },
    { err: carried },
    carried,
    { err: LONG },
    { nothing: null, none: undefined, number: 1, at: new Date(0) },
  ];
  for (const shape of shapes) {
    if (typeof shape === 'string') log.warn(shape);
    else log.warn(shape, LONG);
    const line = lines.at(-1) ?? '';
    t.true(line.length < 30_000, `${line.length}: ${line.slice(0, 80)}`);
  }
  const texts = shapes.slice(0, 2).map((_, i) => lines[i] ?? '');
  for (const line of texts) t.true(line.length < 2_000);
  log.warn({ path: LONG }, 'request failed');
  t.regex(lines.at(-1) ?? '', /x… \(99500 more characters\)/);
  t.true((lines.at(-1) ?? '').length < 800);
});

test('a cut text is whole characters', (t) => {
  const { log, read } = startLog();
  log.info({ text: `${'x'.repeat(499)}😀😀` }, 'x');
  const [line] = read();
  t.is(line?.text, `${'x'.repeat(499)}… (3 more characters)`);
});

test('messages of one kind are limited, whatever a client writes in them, and what is left out is counted', async (t) => {
  const { log, read } = startLog({ burst: 10, perSecond: 0.001 });
  for (let n = 0; n < 5_000; n++)
    log.child({ component: 'http' }).warn({ n }, `refused "${n}": ${n}`);
  log.warn('another kind');
  log.fatal('always');
  await delay(200);
  const texts = read().map(({ msg }) => msg);
  t.is(texts.filter((text) => text.startsWith('refused')).length, 10);
  t.true(texts.includes('another kind'));
  t.true(texts.includes('always'));
  t.like(read().at(-1), {
    msg: 'similar log messages left out',
    kind: 'refused "…"',
    count: 4_990,
  });
});

test('messages of many kinds are limited together', async (t) => {
  const letters = (n: number) => [...`${n}`].map((digit) => 'abcdefghij'[Number(digit)]).join('');
  const { log, lines, read } = startLog({ totalBurst: 50, totalPerSecond: 0.001 });
  for (let n = 0; n < 5_000; n++) log.warn(letters(n));
  await delay(200);
  t.true(lines.length <= 50 + 20);
  t.is(read().find(({ kind }) => kind === 'others')?.count, 5_000 - 1_000 - 50);
});

test('messages that come slowly are all logged', (t) => {
  let now = 0;
  const limit = new LogLimit({ burst: 2, perSecond: 1 }, () => now);
  for (let n = 0; n < 100; n++) {
    now += 1_000;
    t.true(limit.admits('working'));
  }
  t.deepEqual(limit.takeLeftOut(), []);
});

test('the kind of a message has nothing of what differs from one to the next', (t) => {
  t.is(kindOf('camera "gate-7" failed: no answer'), kindOf('camera "yard" failed; retrying'));
  t.is(kindOf('connection 17 ended'), kindOf('connection 3 ended'));
  t.not(kindOf('camera online'), kindOf('camera offline'));
});

test('a flood of refusals writes kilobytes, not megabytes', (t) => {
  const { log, lines } = startLog({}, 60_000);
  for (let n = 0; n < 20_000; n++) log.warn({ clientId: LONG, n }, `client refused: ${LONG}`);
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  t.true(bytes < 500_000, `${bytes}`);
});
