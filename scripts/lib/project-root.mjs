import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Not import.meta.dirname: a Node.js that lacks it has to get as far as the check of its version.
export const projectRoot = nearestPackage(dirname(fileURLToPath(import.meta.url)));

/**
 * The nearest folder upwards with a package.json: the same one from scripts/ and from what is built of it in dist/.
 * @param {string} folder
 * @returns {string}
 */
function nearestPackage(folder) {
  return existsSync(join(folder, 'package.json')) ? folder : nearestPackage(dirname(folder));
}
