// Repeats the faults for hours, each round with another seed: `npm run soak -- --hours 8`. See docs/delivery.md.
import { runFaults } from './lib/faults.mjs';
import { Problem, runMain } from './lib/problem.mjs';

await runMain(() => {
  const args = process.argv.slice(2);
  const hours = Number(args[args.indexOf('--hours') + 1]);
  if (!args.includes('--hours') || !(hours > 0))
    throw new Problem('Say for how long, e.g. npm run soak -- --hours 8');
  return runFaults(args);
});
