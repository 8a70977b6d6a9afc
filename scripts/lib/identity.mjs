import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './set-up.mjs';

/** Runs the engine's comparison with OpenCV; what the command line says comes last and counts. Returns its exit code. */
export function runIdentity(args) {
  const program = 'dist/test/core/detection/engine/identity-run.js';
  const { status } = spawnSync(
    process.execPath,
    [join(projectRoot, program), ...args, ...process.argv.slice(2)],
    { cwd: projectRoot, stdio: 'inherit' },
  );
  return status ?? 1;
}
