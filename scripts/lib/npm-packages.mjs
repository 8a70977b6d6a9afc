import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { Problem } from './problem.mjs';

/** @import { Step } from './steps.mjs' */

/**
 * What a lock file says of a package.
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {boolean} [optional]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [optionalDependencies]
 */

/**
 * The step that makes node_modules match package-lock.json. Install scripts do not run: addons are a step of their own.
 * @param {{ root: string }} options
 * @returns {Step}
 */
export function npmPackages({ root }) {
  return {
    title: 'npm packages',
    seconds: 20,
    check: () => (matchesLock(root) ? undefined : 'install the npm packages of package-lock.json'),
    prepare: () => refuseLink(join(root, 'node_modules')),
    async run({ signal, log }) {
      await run('npm', ['ci', '--ignore-scripts', '--no-progress'], {
        cwd: root,
        signal,
        log,
        failure: 'The npm packages cannot be installed',
      });
    },
  };
}

/**
 * npm would empty the folder behind the link, which other work trees use too.
 * @param {string} folder
 */
function refuseLink(folder) {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Problem(
      'node_modules is a link to packages that do not match package-lock.json; run npm ci in the folder it points to.',
    );
}

/**
 * Compares package-lock.json with what npm recorded when it last finished an installation.
 * @param {string} root
 */
function matchesLock(root) {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (!installed) return false;
  return Object.entries(readPackages(join(root, 'package-lock.json')) ?? {}).every(
    ([path, { version, optional }]) =>
      path === '' || optional || installed[path]?.version === version,
  );
}

/**
 * The packages of a lock file by path; undefined if there is no such file.
 * @param {string} file
 * @returns {Record<string, LockedPackage> | undefined}
 */
export function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}
