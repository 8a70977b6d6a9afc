import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * The path of what is kept between runs because it is slow to make, below the user's cache folder.
 * @param {string[]} names
 */
export const cachePath = (...names) =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'siteglass', ...names);

/**
 * A folder there, made if it is missing.
 * @param {string} name
 */
export function cacheFolder(name) {
  const folder = cachePath(name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Copies a file atomically: no reader finds half of it, and a process that uses the old one keeps it.
 * @param {string} from
 * @param {string} to
 */
export function copyWhole(from, to) {
  const temporary = `${to}.${process.pid}`;
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, temporary);
  renameSync(temporary, to);
}
