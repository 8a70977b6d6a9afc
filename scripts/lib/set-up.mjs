import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { compilerJobs } from './addon-build.mjs';
import { addons } from './addons.mjs';
import { build } from './build.mjs';
import { debianPackages } from './debian-packages.mjs';
import { takeLock } from './lock.mjs';
import { npmPackages } from './npm-packages.mjs';
import { Problem } from './problem.mjs';
import { projectRoot } from './project-root.mjs';
import { runSteps } from './steps.mjs';

/** @import { Purpose } from './debian-packages.mjs' */

const OLDEST_NODE = /** @type {const} */ ([20, 19]);

/**
 * Installs what is missing for `purpose`, lists it first, and builds the program. `also` names further Debian packages.
 * The purpose `build` needs neither Debian packages nor native addons. Throws a Problem if something cannot be installed.
 * @param {Purpose} purpose
 * @param {{ also?: string[], root?: string }} [options]
 */
export async function setUp(purpose, { also = [], root = projectRoot } = {}) {
  checkNode();
  mkdirSync(join(root, 'var'), { recursive: true });
  const release = await takeLock(root, {
    onWait: () => console.log('Another set-up of this folder is running; waiting for it.'),
  });
  try {
    const steps = [
      ...debianPackages({ purpose, also }),
      npmPackages({ root }),
      ...addons({ root, purpose }),
      build({ root }),
    ];
    await runSteps(steps, { logs: join(root, 'var', 'setup'), processors: compilerJobs() });
  } finally {
    release();
  }
}

export function checkNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor))
    throw new Problem(
      `Node.js ${version} is too old; Siteglass needs Node.js ${OLDEST_NODE.join('.')} or newer.`,
    );
}
