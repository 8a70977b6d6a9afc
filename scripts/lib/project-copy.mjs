import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFiles } from './package-source.mjs';

/** Built for the Node.js of the original. */
const BUILT = ['better-sqlite3/build', '@u4/opencv4nodejs/build'];

/**
 * Copies the project without what is built of it. Its npm packages are hard links, which nothing writes through: set-up and
 * npm replace files.
 * @param {string} root
 * @param {string} folder
 */
export function copyProject(root, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const path of sourceFiles(root).filter((name) => name !== 'node_modules'))
    cpSync(join(root, path), join(folder, path), { recursive: true });
  const packages = join(root, 'node_modules');
  if (!existsSync(packages)) return;
  const copy = join(folder, 'node_modules');
  const copied = (/** @type {string[]} */ options) =>
    spawnSync('cp', [...options, realpathSync(packages), copy], { stdio: 'ignore' }).status === 0;
  // Links are not possible to another file system.
  if (!copied(['-a', '--link'])) {
    rmSync(copy, { recursive: true, force: true });
    copied(['-a']);
  }
  for (const name of BUILT) rmSync(join(copy, name), { recursive: true, force: true });
}
