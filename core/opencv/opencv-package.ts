import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const NAME = '@u4/opencv4nodejs';

/**
 * The folder of the installed OpenCV package. Nothing of it is loaded: the worker takes the addon
 * from it, the catalog OpenCV's own cascades.
 */
export function openCvPackage(): string {
  let folder = dirname(createRequire(import.meta.url).resolve(NAME));
  // The package has further package.json files below its root, without a name.
  while (nameIn(folder) !== NAME) {
    if (folder === dirname(folder)) throw new Error(`${NAME} has no package.json`);
    folder = dirname(folder);
  }
  return folder;
}

function nameIn(folder: string): unknown {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).name : undefined;
}
