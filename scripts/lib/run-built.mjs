import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './project-root.mjs';

/**
 * Runs the program that was built from a source, e.g. `bench/http.ts`, in the project's folder. It ends what it started
 * before it exits: this script waits for it after Ctrl-C, and forwards SIGTERM as SIGINT.
 * @param {string} source
 * @param {string[]} args
 * @returns {Promise<number>} The exit code.
 */
export function runBuilt(source, args) {
  const script = join(projectRoot, 'dist', source.replace(/\.ts$/, '.js'));
  const child = spawn(process.execPath, ['--enable-source-maps', script, ...args], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGINT'));
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}
