// Builds what the Debian packages contain, in the source tree around it; debian/rules runs it. Not for a checkout that you
// work in: `npm run package` makes a copy and runs this there. The arguments go to packaging/tree/build-tree.ts.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { compilers } from './lib/console.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/project-root.mjs';

await runMain(() => {
  run('npm', ['ci', '--ignore-scripts', '--no-progress', '--no-audit', '--no-fund']);
  for (const args of compilers(projectRoot)) run(process.execPath, args);
  const program = join(projectRoot, 'dist', 'packaging', 'tree', 'build-tree.js');
  run(process.execPath, [program, ...process.argv.slice(2)]);
});

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: projectRoot, stdio: 'inherit' });
  if (error || status !== 0)
    throw new Problem(`${command} ${args[0]} failed (${error?.message ?? status}); see above.`);
}
