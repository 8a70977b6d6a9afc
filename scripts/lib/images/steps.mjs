import { appendFileSync } from 'node:fs';
import { Problem } from '../problem.mjs';

/** Runs what is to be seen step by step, and says how each went. The first one that fails ends the run. */
export function stepper(log) {
  let failures = 0;
  const step = async (title, run) => {
    const began = performance.now();
    appendFileSync(log, `\n== ${title}\n`);
    try {
      const said = await run();
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`  ✓ ${title} (${seconds} s)${typeof said === 'string' ? `: ${said}` : ''}`);
      return said;
    } catch (error) {
      failures++;
      console.log(`  ✗ ${title}`);
      if (error instanceof Problem) throw new Problem(`${title}: ${error.message}`);
      throw error;
    }
  };
  return { step, failed: () => failures > 0 };
}

/** Rows as columns of text. */
export function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i].length)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
