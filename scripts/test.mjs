// Sets up, builds and runs the tests: `npm test [-- test/FOLDER | test/FILE.test.ts | --unit]`. Other arguments go to ava.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { showedHelp } from './lib/options.mjs';
import { runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/project-root.mjs';
import { setUp } from './lib/set-up.mjs';
import { TapSummary } from './lib/tap.mjs';
import { toBuilt } from './lib/test-arguments.mjs';

await runMain(async () => {
  if (showedHelp('test')) return 0;
  await setUp('test');
  return runTests(process.argv.slice(2).flatMap(toBuilt));
});

/** @param {string[]} args */
async function runTests(args) {
  console.log(`Running the tests${args.length > 0 ? `: ${args.join(' ')}` : ''}`);
  const ava = join(projectRoot, 'node_modules', 'ava', 'entrypoints', 'cli.mjs');
  const child = spawn(process.execPath, [ava, '--tap', ...args], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const summary = new TapSummary(console.log);
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => summary.read(line));
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => lines.once('close', () => resolve(undefined)));
  const code = await ended;
  console.log(`\n${summary}`);
  return code ?? 1;
}
