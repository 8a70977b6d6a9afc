import { readFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';

/**
 * Lets time pass quickly for a program of a test: `node --import` this file with SITEGLASS_TEST_CLOCK, a file that holds
 * milliseconds, which rise while the program runs. All clocks follow: `Date`, `performance` and the machine's uptime.
 * Timers run as before.
 */
const RealDate = globalThis.Date;
const realPerformanceNow = performance.now.bind(performance);
const os = createRequire(import.meta.url)('node:os') as { uptime(): number };
const realUptime = os.uptime.bind(os);
const READ_EVERY_MS = 20;
const file = process.env.SITEGLASS_TEST_CLOCK;
let passedMs = 0;

function readPassed(): void {
  if (file === undefined) return;
  const text = readFileSync(file, 'utf8').trim();
  if (text !== '') passedMs = Number(text);
}

readPassed();
setInterval(readPassed, READ_EVERY_MS).unref();

const now = () => RealDate.now() + passedMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
});
performance.now = () => realPerformanceNow() + passedMs;
os.uptime = () => realUptime() + passedMs / 1_000;
syncBuiltinESMExports();
