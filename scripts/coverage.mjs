// Sets up, builds and runs the tests with coverage: a table by file, and pages in var/coverage/. Arguments go to ava.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { showedHelp } from './lib/options.mjs';
import { runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/project-root.mjs';
import { setUp } from './lib/set-up.mjs';
import { toBuilt } from './lib/test-arguments.mjs';

await runMain(async () => {
  if (showedHelp('coverage')) return 0;
  await setUp('test');
  const program = (/** @type {string[]} */ ...path) => join(projectRoot, 'node_modules', ...path);
  const options = [
    ...['--reporter', 'text', '--reporter', 'html', '--reports-dir', 'var/coverage'],
    ...['--temp-directory', 'var/coverage/tmp', '--exclude-after-remap'],
    ...['core', 'edge', 'cloud-relay'].flatMap((folder) => ['--include', `${folder}/**`]),
  ];
  const tests = process.argv.slice(2).flatMap(toBuilt);
  const ava = [process.execPath, program('ava', 'entrypoints', 'cli.mjs'), ...tests];
  const { status } = spawnSync(
    process.execPath,
    [program('c8', 'bin', 'c8.js'), ...options, ...ava],
    {
      cwd: projectRoot,
      stdio: 'inherit',
    },
  );
  return status ?? 1;
});
