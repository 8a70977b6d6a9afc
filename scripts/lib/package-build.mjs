import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.mjs';
import { outputOf } from './command.mjs';
import { debianRoot, enterRoot } from './debian-root.mjs';
import { copySource } from './package-source.mjs';
import { Problem } from './problem.mjs';
import { showProgress } from './progress.mjs';

/** @import { Source } from './package-source.mjs' */

/**
 * @typedef {object} PackageOptions
 * @property {string} arch Debian's name of the architecture.
 * @property {string} out The folder that the packages are put into.
 * @property {string} work The folder that they are built in.
 * @property {Source} source
 * @property {boolean} here Whether to use the tools of this system.
 * @property {boolean} fresh Whether to compile the addons again.
 */

/** @typedef {{ arch: string, own: string, fresh: boolean }} RootBuildOptions */

/**
 * Builds the packages from the source in `root`, with the tools of this system or in a Debian 13 root. Resolves with
 * their paths.
 * @param {string} root
 * @param {PackageOptions} options
 */
export async function buildPackages(root, { arch, out, work, source, here, fresh }) {
  const own = outputOf('dpkg', ['--print-architecture']);
  if (own === undefined) throw new Problem('This is not a Debian system.');
  const cross = arch === own ? [] : [`-a${arch}`, '-Pcross'];
  const command = ['dpkg-buildpackage', '--build=binary', '--no-sign', ...cross];
  copySource(root, join(work, 'siteglass'), source);
  if (here) buildHere(join(work, 'siteglass'), command);
  else await buildInRoot(work, command, { arch, own, fresh });
  mkdirSync(out, { recursive: true });
  const names = readdirSync(work).filter((name) => name.endsWith(`_${arch}.deb`));
  for (const name of names) copyFileSync(join(work, name), join(out, name));
  rmSync(work, { recursive: true });
  return names.map((name) => join(out, name));
}

/**
 * @param {string} cwd
 * @param {string[]} command
 */
function buildHere(cwd, [command = '', ...args]) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (error || status !== 0)
    throw new Problem(
      'The packages cannot be built; see above. To install what the build needs, run: apt-get build-dep ./packaging',
    );
}

/**
 * @param {string} work
 * @param {string[]} command
 * @param {RootBuildOptions} options
 */
async function buildInRoot(work, command, { arch, own, fresh }) {
  const log = `${work}.log`;
  const packaging = join(work, 'siteglass', 'packaging');
  const folder = await showProgress('the root to build in', () =>
    buildRoot(packaging, { arch, own, log }),
  );
  const binds = {
    '/build': work,
    '/root/.npm': cacheFolder('npm'),
    '/addons': cacheFolder('package-addons'),
  };
  await showProgress(`the packages for ${arch}`, (status) =>
    enterRoot(folder, ['env', '--chdir=/build/siteglass', ...command], {
      binds,
      env: fresh ? {} : { SITEGLASS_ADDON_CACHE: '/addons' },
      log,
      failure: 'The packages cannot be built',
      onLine: (line) => report(line, status),
    }),
  );
}

/**
 * A root with the build dependencies of debian/control; for another architecture, with its cross compiler and libraries.
 * @param {string} packaging
 * @param {{ arch: string, own: string, log: string }} options
 */
async function buildRoot(packaging, { arch, own, log }) {
  const from = await debianRoot('base', { log });
  const key = readFileSync(join(packaging, 'debian', 'control'), 'utf8');
  /** @param {string} folder */
  const prepare = async (folder) => {
    /** @param {string[]} command */
    const apt = (...command) =>
      enterRoot(folder, command, {
        binds: { '/packaging': packaging },
        log,
        failure: 'The build dependencies cannot be installed',
      });
    if (arch !== own) await apt('dpkg', '--add-architecture', arch);
    await apt('apt-get', 'update');
    const options = ['--yes', '--no-install-recommends', `--host-architecture=${arch}`];
    await apt('apt-get', 'build-dep', ...options, '/packaging');
    if (arch !== own)
      await apt('apt-get', 'install', ...options.slice(0, 2), `crossbuild-essential-${arch}`);
    await apt('apt-get', 'clean');
  };
  return debianRoot(`build-${arch}`, { from, key, log, prepare });
}

/**
 * @param {string} line
 * @param {(text: string) => void} status
 */
function report(line, status) {
  const [, object] = /^\s*C(?:C|XX)\(target\).*\/([\w.-]+)\.o$/.exec(line) ?? [];
  const [, step] = /^\s+(dh_\w+)/.exec(line) ?? [];
  if (object) status(`compiling ${object}`);
  else if (step) status(step);
}
