// Sets up, builds and runs the tests. Arguments go to ava; test/….ts stands for what is built from it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runMain } from './lib/problem.mjs';
import { projectRoot, setUp } from './lib/set-up.mjs';
import { TapSummary } from './lib/tap.mjs';

await runMain(async () => {
  await setUp('test');
  return runTests(process.argv.slice(2).map(builtFrom));
});

/** `test/core/x.test.ts` is run as `dist/test/core/x.test.js`, a folder as all the tests in it. */
function builtFrom(argument) {
  if (!/^(\.\/)?test(\/|$)/.test(argument)) return argument;
  const path = `dist/${argument.replace(/^\.\//, '').replace(/\/$/, '')}`;
  if (path.endsWith('.ts')) return path.replace(/\.ts$/, '.js');
  return /[*?{]/.test(path) || path.endsWith('.js') ? path : `${path}/**/*.test.js`;
}

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
  const ended = new Promise((resolve) => child.once('close', resolve));
  await new Promise((resolve) => lines.once('close', resolve));
  const code = await ended;
  console.log(`\n${summary}`);
  return code ?? 1;
}
