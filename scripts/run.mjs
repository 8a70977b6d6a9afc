// Sets up, builds and runs one of the project's own programs: `node scripts/run.mjs --for PURPOSE FOLDER/FILE.ts [ARGUMENTS]`.
import { isPurpose, purposes } from './lib/debian-packages.mjs';
import { showedHelp } from './lib/options.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { runBuilt } from './lib/run-built.mjs';
import { setUp } from './lib/set-up.mjs';

await runMain(async () => {
  const [option, purpose = '', source, ...args] = process.argv.slice(2);
  if (option !== '--for' || !isPurpose(purpose) || !source)
    throw new Problem(
      `Usage: node scripts/run.mjs --for ${purposes.join('|')} FOLDER/FILE.ts [ARGUMENTS]`,
    );
  const script = process.env.npm_lifecycle_event;
  if (script && showedHelp(script, args)) return 0;
  await setUp(purpose);
  return runBuilt(source, args);
});
