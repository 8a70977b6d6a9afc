import { readFileSync } from 'node:fs';

/**
 * Lets a program of a test believe in another time: `node --import` this file with SITEGLASS_TEST_CLOCK, a file that
 * holds an offset in milliseconds, which may change at any time. Only `Date` follows it, as with a clock that is set.
 */
const RealDate = globalThis.Date;
const READ_EVERY_MS = 50;
const file = process.env.SITEGLASS_TEST_CLOCK;
let offsetMs = 0;

function readOffset(): void {
  if (file === undefined) return;
  const text = readFileSync(file, 'utf8').trim();
  if (text !== '') offsetMs = Number(text);
}

readOffset();
setInterval(readOffset, READ_EVERY_MS).unref();

const now = () => RealDate.now() + offsetMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
});
