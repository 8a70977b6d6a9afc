import { Problem } from './problem.mjs';

/**
 * Runs checks in order, each of which says what it saw, tells of each as it ends, and shows a table of them all. The first
 * that fails ends the run, since each stands on those before it. Resolves with the exit code.
 */
export async function runChecks(checks, print = console.log) {
  const rows = [];
  let failed = false;
  for (const [title, check] of Object.entries(checks)) {
    if (failed) {
      rows.push({ title, mark: '–', seen: 'not reached' });
      continue;
    }
    const started = Date.now();
    try {
      rows.push({ title, mark: '✓', seen: await check() });
    } catch (error) {
      failed = true;
      rows.push({ title, mark: '✗', seen: error instanceof Problem ? error.message : error.stack });
    }
    const { mark, seen } = rows.at(-1);
    print(`  ${mark} ${title} (${Math.round((Date.now() - started) / 1000)} s): ${seen}`);
  }
  const width = Math.max(...rows.map(({ title }) => title.length));
  print(
    `\n${rows.map(({ title, mark, seen }) => `${mark} ${title.padEnd(width)}  ${seen}`).join('\n')}`,
  );
  return failed ? 1 : 0;
}

/** Throws a Problem that says what was expected, and what is there instead. */
export function expect(condition, expected, found) {
  if (!condition) throw new Problem(`expected ${expected}, found: ${found}`);
}
