import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot, setUp } from './set-up.mjs';

/** Sets up and runs the scenarios of test/e2e/faults/. Resolves with the exit code. */
export async function runFaults(args) {
  await setUp('test');
  const script = join(projectRoot, 'dist', 'test', 'e2e', 'faults', 'prove.js');
  const child = spawn(process.execPath, ['--enable-source-maps', script, ...args], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  // It ends what it started before it goes; a terminal sends it Ctrl-C by itself.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGINT'));
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}
