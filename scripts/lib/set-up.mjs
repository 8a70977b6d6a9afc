import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addons } from './addons.mjs';
import { build } from './build.mjs';
import { debianPackages } from './debian-packages.mjs';
import { takeLock } from './lock.mjs';
import { npmPackages } from './npm-packages.mjs';
import { Problem } from './problem.mjs';
import { showProgress } from './progress.mjs';

// Not import.meta.dirname: a Node that is too old for it has to get as far as being told so.
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

const OLDEST_NODE = [20, 19];

/**
 * Brings the project's folder to where it can run: finds what is missing for `purpose`, says what it
 * will do, does it, and builds. Throws a Problem where something cannot be had.
 */
export async function setUp(purpose, root = projectRoot) {
  checkNode();
  mkdirSync(join(root, 'var'), { recursive: true });
  const release = await takeLock(root, {
    onWait: () => console.log('Another set-up of this folder is at work; waiting for it to end.'),
  });
  try {
    const log = join(root, 'var', 'setup.log');
    await runSteps([
      debianPackages({ purpose, log }),
      npmPackages({ root, log }),
      ...addons({ root, log }),
      build({ root }),
    ]);
  } finally {
    release();
  }
}

/**
 * A step's `check` says what it would do, or undefined where nothing is missing; `run` does it. Each looks
 * again when its turn comes, since it may stand on what those before it changed.
 */
async function runSteps(steps) {
  const plan = steps.map((step) => step.check()).filter(Boolean);
  if (plan.length > 0) console.log(`Set-up will\n${plan.map((line) => `  - ${line}\n`).join('')}`);
  for (const step of steps) {
    if (step.check()) await showProgress(step.title, (status) => step.run(status));
  }
}

export function checkNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor))
    throw new Problem(
      `Node ${version} is too old; Siteglass needs ${OLDEST_NODE.join('.')} or newer.`,
    );
}
