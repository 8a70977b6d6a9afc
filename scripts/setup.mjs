// Installs and builds what is missing, and lists it first. `--for test` includes what only the tests need.
import { isPurpose, purposes } from './lib/debian-packages.mjs';
import { readOptions, showedHelp } from './lib/options.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { setUp } from './lib/set-up.mjs';

await runMain(async () => {
  if (showedHelp('setup')) return;
  const { for: purpose } = readOptions('setup', { for: { type: 'string', default: 'start' } });
  if (!isPurpose(purpose))
    throw new Problem(`--for takes one of ${purposes.join(', ')}, not ${purpose}`);
  await setUp(purpose);
  console.log('Everything is in place.');
});
