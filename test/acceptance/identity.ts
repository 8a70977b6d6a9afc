import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../core/runtime/project-root.js';

/** Runs the engine's comparison with OpenCV. Arguments of the command line come last and prevail. Returns its exit code. */
export function runIdentity(args: string[]): number {
  const program = join(projectRoot(), 'dist/test/core/detection/engine/identity-run.js');
  const { status } = spawnSync(process.execPath, [program, ...args, ...process.argv.slice(2)], {
    cwd: projectRoot(),
    stdio: 'inherit',
  });
  return status ?? 1;
}
