import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { Problem } from './problem.mjs';

/** The step that makes node_modules what package-lock.json says. Install scripts do not run: addons are a step of their own. */
export function npmPackages({ root, log }) {
  return {
    title: 'npm packages',
    check: () =>
      matchesLock(root) ? undefined : 'install the npm packages that package-lock.json names',
    async run() {
      refuseLink(join(root, 'node_modules'));
      await run('npm', ['ci', '--ignore-scripts', '--no-progress'], {
        cwd: root,
        log,
        failure: 'The npm packages cannot be installed',
      });
    },
  };
}

/** npm would empty the folder behind the link, which other work trees use too. */
function refuseLink(folder) {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Problem(
      'node_modules is a link to packages that do not match package-lock.json; run npm ci where it leads.',
    );
}

/** Compares package-lock.json with what npm wrote down when it last finished installing. */
function matchesLock(root) {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (!installed) return false;
  return Object.entries(readPackages(join(root, 'package-lock.json'))).every(
    ([path, { version, optional }]) =>
      path === '' || optional || installed[path]?.version === version,
  );
}

/** The packages of a lock file by path; undefined where there is no such file. */
export function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
