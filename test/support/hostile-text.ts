/** Texts that a reader of headers and fields may have to look at again and again, each for a length. */
export const HOSTILE_TEXTS: Record<string, (length: number) => string> = {
  spaces: (n) => ' '.repeat(n),
  commas: (n) => ','.repeat(n),
  quotes: (n) => '"'.repeat(n),
  backslashes: (n) => '\\'.repeat(n),
  semicolons: (n) => ';'.repeat(n),
  hyphens: (n) => '-'.repeat(n),
  'spaces and an end': (n) => `a${' '.repeat(n - 2)}b`,
  'commas and spaces': (n) => ', '.repeat(n / 2),
  'escaped quotes': (n) => `"${'\\"'.repeat((n - 1) / 2)}`,
  'unclosed values': (n) => 'a="\\'.repeat(n / 4),
  'parameters without values': (n) => ';a ='.repeat(n / 4),
  'one long word': (n) => `${'a'.repeat(n - 1)}@`,
  brackets: (n) => '[{'.repeat(n / 2),
  digits: (n) => '9'.repeat(n),
};

/** Of the times that `work` takes, in milliseconds, the least: what else the machine did is not in it. */
async function leastMs(work: () => unknown, runs = 3): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const from = performance.now();
    await work();
    least = Math.min(least, performance.now() - from);
  }
  return least;
}

/** A text eight times as long may take so many times as long. Quadratic work takes 64 times. */
const MAX_RATIO = 28;
const TIMES = 8;
/** Below this, the times are those of the machine. */
const NOISE_MS = 25;

/**
 * What grows faster than its text, in `work` for a text of `length` and one an eighth as long; undefined if nothing
 * does.
 */
export async function superlinear(
  work: (text: string) => unknown,
  text: (length: number) => string,
  length: number,
): Promise<string | undefined> {
  const [short, long] = [text(length / TIMES), text(length)];
  for (let attempt = 0; ; attempt++) {
    const few = await leastMs(() => work(short));
    const many = await leastMs(() => work(long));
    if (many < NOISE_MS || many / Math.max(few, NOISE_MS / TIMES) <= MAX_RATIO) return undefined;
    if (attempt === 2) return `${few.toFixed(2)} ms, then ${many.toFixed(2)} ms`;
  }
}
