import { appendFileSync } from 'node:fs';
import { Problem } from '../../scripts/lib/problem.mjs';

/** Runs one step and resolves with its result; a text is printed. */
export type Step = <T>(title: string, run: () => T | Promise<T>) => Promise<T>;

/** Runs steps and prints how each ended. The first failure ends the run. */
export function stepper(log: string): { step: Step; failed: () => boolean } {
  let failures = 0;
  const step: Step = async (title, run) => {
    const began = performance.now();
    appendFileSync(log, `\n== ${title}\n`);
    try {
      const result = await run();
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`  ✓ ${title} (${seconds} s)${typeof result === 'string' ? `: ${result}` : ''}`);
      return result;
    } catch (error) {
      failures++;
      console.log(`  ✗ ${title}`);
      if (error instanceof Problem) throw new Problem(`${title}: ${error.message}`);
      throw error;
    }
  };
  return { step, failed: () => failures > 0 };
}

/** Formats rows as columns of text. */
export function table(head: string[], rows: string[][]): string {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
