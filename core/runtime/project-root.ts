import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The project's or the installed package's folder: the nearest one above this file with a package.json. */
export function projectRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error('there is no package.json above the program');
    folder = dirname(folder);
  }
  return folder;
}
