import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, StartError } from '../runtime/errors.js';

/**
 * Makes a folder for this user alone, and its parents; an existing one is not changed. Throws StartError if it cannot be
 * made. One level at a time: where no folder can be made, as in /proc, the recursive option of Node 20 never returns.
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.unshift(path);
  try {
    for (const path of missing) mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    throw new StartError(`the folder ${folder} cannot be made: ${messageOf(cause)}`, { cause });
  }
}
