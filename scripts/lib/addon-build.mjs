import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './command.mjs';

/** @import { Place, PlacedAddon } from './addons.mjs' */
/** @import { Work } from './steps.mjs' */

/** Memory that the compiler needs for one of OpenCV's larger sources, in bytes. */
const MEMORY_PER_JOB = 1.5e9;
/** A few seconds are enough; a network that drops packets must not delay the compiler. */
const DOWNLOAD_DEADLINE_MS = 20_000;

/**
 * Downloads the file that the package's authors built, as the package's own install script does. Throws a Problem if
 * there is none or the network does not reach it.
 * @param {PlacedAddon} addon
 * @param {Place & Work} work
 */
export async function download(addon, { root, log, signal }) {
  const script = createRequire(join(root, 'package.json')).resolve('prebuild-install/bin.js');
  await run(process.execPath, [script], {
    cwd: addon.folder,
    log,
    signal,
    timeoutMs: DOWNLOAD_DEADLINE_MS,
    failure: `No built ${addon.name} can be downloaded`,
  });
}

/**
 * Compiles the addon with node-gyp's makefiles.
 * @param {PlacedAddon} addon
 * @param {Place & Work} work
 */
export async function compile(addon, { root, log, signal, status }) {
  const { folder, name, env, make = [], critical } = addon;
  const script = createRequire(join(root, 'package.json')).resolve('node-gyp/bin/node-gyp.js');
  const options = {
    cwd: folder,
    env: { ...env, ...headersEnv() },
    log,
    signal,
    nice: critical ? 0 : 5,
    failure: `${name} does not compile`,
  };
  status('configuring');
  rmSync(join(folder, 'build'), { recursive: true, force: true });
  await run(process.execPath, [script, 'configure', '--release'], options);
  const total = countObjects(folder, make);
  let compiled = 0;
  const args = ['-C', 'build', 'BUILDTYPE=Release', `-j${compilerJobs()}`, ...make];
  await run('make', args, {
    ...options,
    onLine(line) {
      if (!/^\s*(CC|CXX)\(target\)/.test(line)) return;
      compiled += 1;
      status(`compiling file ${compiled} of ${total}`);
    },
  });
}

/** How many compilers may run at once. */
export const compilerJobs = () =>
  Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / MEMORY_PER_JOB)));

/**
 * How many files are compiled: those that an argument of make names, or else those of node-gyp's makefiles.
 * @param {string} folder
 * @param {string[]} make
 */
function countObjects(folder, make) {
  const build = join(folder, 'build');
  const makefiles = readdirSync(build).filter((name) => name.endsWith('.target.mk'));
  const named = make.filter((argument) => argument.startsWith('OBJS='));
  const texts =
    named.length > 0 ? named : makefiles.map((f) => readFileSync(join(build, f), 'utf8'));
  return texts.flatMap((text) => text.match(/\$\(obj\)\.target\/\S*\.o\b/g) ?? []).length;
}

/**
 * Uses the headers that were installed with this Node.js; node-gyp downloads them if there are none.
 * @returns {Record<string, string>}
 */
function headersEnv() {
  const prefix = dirname(dirname(process.execPath));
  const header = join(prefix, 'include', 'node', 'node_version.h');
  if (!existsSync(header)) return {};
  const text = readFileSync(header, 'utf8');
  const [major, minor, patch] = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`NODE_${part}_VERSION (\\d+)`).exec(text)?.[1],
  );
  return `v${major}.${minor}.${patch}` === process.version ? { npm_config_nodedir: prefix } : {};
}
