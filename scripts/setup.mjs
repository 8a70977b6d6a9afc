// Installs and builds what is missing, and lists it first. `--for test` includes what only the tests need.
import { parseArgs } from 'node:util';
import { isPurpose, purposes } from './lib/debian-packages.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { setUp } from './lib/set-up.mjs';

await runMain(async () => {
  const { values } = parseArgs({ options: { for: { type: 'string', default: 'start' } } });
  if (!isPurpose(values.for))
    throw new Problem(`--for takes one of ${purposes.join(', ')}, not ${values.for}`);
  await setUp(values.for);
  console.log('Everything is in place.');
});
