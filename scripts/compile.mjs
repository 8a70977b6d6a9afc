// Compiles the programs and the pages into dist/: `npm run build`.
import { spawnSync } from 'node:child_process';
import { compilers } from './lib/console.mjs';
import { showedHelp } from './lib/options.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/project-root.mjs';

await runMain(() => {
  if (showedHelp('build')) return;
  for (const args of compilers(projectRoot)) {
    const { status } = spawnSync(process.execPath, args, { cwd: projectRoot, stdio: 'inherit' });
    if (status !== 0) throw new Problem('The program does not compile; see above.');
  }
});
