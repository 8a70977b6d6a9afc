import { Problem, runMain } from '../../scripts/lib/problem.mjs';

/** Repeats the faults for hours, each round with another seed: `npm run soak -- --hours 8`. See docs/delivery.md. */
await runMain(async () => {
  const { argv } = process;
  const hours = Number(argv[argv.indexOf('--hours') + 1]);
  if (!argv.includes('--hours') || !(hours > 0))
    throw new Problem('--hours is missing; for example: npm run soak -- --hours 8');
  // It reads the same arguments and sets the exit code.
  await import('../e2e/faults/prove.js');
  return Number(process.exitCode ?? 0);
});
