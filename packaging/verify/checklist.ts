import { Problem } from '../../scripts/lib/problem.mjs';

/** Checks by title, in order. Each returns what it found. */
export type Checks = Record<string, () => string | Promise<string>>;

interface Row {
  title: string;
  mark: string;
  seen: string;
}

/**
 * Runs checks in order, prints each result, and a table of them all at the end. The first failure ends the run, because
 * each check depends on those before it. Resolves with the exit code.
 */
export async function runChecks(
  checks: Checks,
  print: (text: string) => void = console.log,
): Promise<number> {
  const rows: Row[] = [];
  let failed = false;
  for (const [title, check] of Object.entries(checks)) {
    if (failed) {
      rows.push({ title, mark: '–', seen: 'not reached' });
      continue;
    }
    const started = Date.now();
    const { mark, seen } = await outcomeOf(check);
    failed = mark === '✗';
    rows.push({ title, mark, seen });
    print(`  ${mark} ${title} (${Math.round((Date.now() - started) / 1000)} s): ${seen}`);
  }
  const width = Math.max(...rows.map(({ title }) => title.length));
  print(
    `\n${rows.map(({ title, mark, seen }) => `${mark} ${title.padEnd(width)}  ${seen}`).join('\n')}`,
  );
  return failed ? 1 : 0;
}

async function outcomeOf(check: () => string | Promise<string>): Promise<Omit<Row, 'title'>> {
  try {
    return { mark: '✓', seen: await check() };
  } catch (error) {
    if (error instanceof Problem) return { mark: '✗', seen: error.message };
    return { mark: '✗', seen: String(error instanceof Error ? error.stack : error) };
  }
}

/** Throws a Problem that names what was expected and what was found. */
export function expect(condition: unknown, expected: string, found: unknown): asserts condition {
  if (!condition) throw new Problem(`expected ${expected}, found: ${found}`);
}
