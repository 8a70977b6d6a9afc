// Compiles the programs and the pages into dist/: `npm run build`.
import { spawnSync } from 'node:child_process';
import { compilers } from './lib/console.mjs';
import { projectRoot } from './lib/project-root.mjs';

for (const args of compilers(projectRoot)) {
  const { status } = spawnSync(process.execPath, args, { cwd: projectRoot, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
