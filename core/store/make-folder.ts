import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, StartError } from '../runtime/errors.js';

/**
 * Makes a folder for this user alone, with those above it; one that is there stays as it is. Throws StartError where it
 * cannot be made. One level at a time: where nothing can be made, as in /proc, Node 20 tries the levels together for ever.
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
