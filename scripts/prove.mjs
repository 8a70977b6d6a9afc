// Proves that nothing is lost: every fault once, with the times that the product has. See docs/delivery.md.
import { runFaults } from './lib/faults.mjs';
import { runMain } from './lib/problem.mjs';

await runMain(() => runFaults(process.argv.slice(2)));
