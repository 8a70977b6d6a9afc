import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, homedir, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { run, succeeds } from './command.mjs';
import { opencvVersion } from './debian-packages.mjs';
import { readPackages } from './npm-packages.mjs';

/** @import { Step } from './steps.mjs' */

/**
 * A native addon: of an npm package, or the project's own.
 * @typedef {object} Addon
 * @property {string} name
 * @property {string} file The path of the built file in `folder`.
 * @property {string} takes How long compiling takes.
 * @property {boolean} [usesOpenCV]
 * @property {boolean} [publishesBuilt] Whether its authors publish built files.
 * @property {Record<string, string>} [env] Added to the compiler's environment.
 */

/** @typedef {Addon & { version: string | undefined, folder: string }} PlacedAddon */

/** @typedef {{ root: string, log: string }} Place */

/** @typedef {Place & { status: (text: string) => void }} Work */

/** Memory that the compiler needs for one of OpenCV's larger sources, in bytes. */
const MEMORY_PER_JOB = 1.5e9;

/**
 * The native addons. Built files are kept in a cache by version, Node's ABI, platform and, for those that link to it,
 * OpenCV's version. A second clone does not compile again.
 * @type {Addon[]}
 */
const ADDONS = [
  {
    name: '@u4/opencv4nodejs',
    file: 'build/Release/opencv4nodejs.node',
    usesOpenCV: true,
    takes: 'about four minutes of processor time',
    // These flags follow the -O3 that node-gyp sets. The expensive code is in OpenCV's own libraries.
    env: { OPENCV4NODEJS_DISABLE_AUTOBUILD: '1', CXXFLAGS: '-O1 -g0' },
  },
  {
    name: 'better-sqlite3',
    file: 'build/Release/better_sqlite3.node',
    publishesBuilt: true,
    takes: 'about 90 seconds of processor time',
  },
];

/**
 * The project's own: the kernel of the cascade engine, and the decoder of images. The version is the hash of the sources.
 * @type {(Addon & { part: string })[]}
 */
const OWN = [
  {
    name: 'siteglass-engine',
    part: 'engine',
    file: 'build/Release/engine.node',
    takes: 'a few seconds',
  },
  {
    name: 'siteglass-decoder',
    part: 'decoder',
    file: 'build/Release/decoder.node',
    takes: 'a few seconds',
  },
];

/**
 * One step for each addon: found built, taken from the cache, downloaded, or compiled.
 * @param {Place} place
 * @returns {Step[]}
 */
export function addons({ root, log }) {
  const locked = readPackages(join(root, 'package-lock.json')) ?? {};
  const packages = ADDONS.map((addon) => {
    const version = locked[`node_modules/${addon.name}`]?.version;
    return { ...addon, version, folder: join(root, 'node_modules', addon.name) };
  });
  const own = OWN.map((addon) => {
    const folder = join(root, 'core', 'detection', addon.part, 'native');
    return { ...addon, version: hashOfSources(folder), folder };
  });
  return [...packages, ...own].map((addon) => addonStep(addon, { root, log }));
}

/**
 * Changes whenever a source does.
 * @param {string} folder
 */
function hashOfSources(folder) {
  const hash = createHash('sha256');
  const sources = readdirSync(folder).filter((name) => /\.(cpp|hpp|gyp)$/.test(name));
  for (const name of sources.sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest('hex').slice(0, 12);
}

/**
 * @param {PlacedAddon} addon
 * @param {Place} place
 * @returns {Step}
 */
function addonStep(addon, { root, log }) {
  const built = join(addon.folder, addon.file);
  const stamp = join(addon.folder, 'build', 'siteglass-addon.json');
  const stamped = () => existsSync(built) && readStamp(stamp) === keyOf(addon);
  /** A file without a stamp comes from npm's own installation, so its version is right. One with another stamp is stale. */
  const isAsInstalled = () => !OWN.some(({ name }) => name === addon.name) && !existsSync(stamp);
  const markDone = () => writeFileSync(stamp, JSON.stringify({ key: keyOf(addon) }));
  return {
    title: addon.name,
    check() {
      if (stamped()) return undefined;
      return existsSync(cachePath(addon))
        ? `take ${addon.name} ${addon.version} from the cache of built addons`
        : `compile ${addon.name} ${addon.version} (${addon.takes})`;
    },
    async run(status) {
      if (loads(cachePath(addon), root)) {
        copyWhole(cachePath(addon), built);
      } else {
        if (!isAsInstalled() || !loads(built, root)) await make(addon, { root, log, status });
        copyWhole(built, cachePath(addon));
        removeObjects(built);
      }
      markDone();
    },
  };
}

/**
 * Everything that a built addon depends on.
 * @param {PlacedAddon} addon
 */
function keyOf({ name, version, usesOpenCV }) {
  const { platform, arch, versions } = process;
  const key = `${name.replace('/', '-')}-${version}-node${versions.modules}-${platform}-${arch}`;
  return usesOpenCV ? `${key}-opencv${opencvVersion() ?? 'none'}` : key;
}

/** @param {PlacedAddon} addon */
function cachePath(addon) {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'siteglass', 'addons', keyOf(addon), basename(addon.file));
}

/** @param {string} file */
function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).key;
  } catch {
    return undefined;
  }
}

/**
 * Whether this Node.js can load it. Another process tries, because a wrong addon may crash.
 * @param {string} file
 * @param {string} root
 */
const loads = (file, root) =>
  existsSync(file) &&
  succeeds(process.execPath, ['--eval', 'require(process.argv[1])', file], { cwd: root });

/**
 * Copies atomically: no reader finds half a file, and a process that uses the old one keeps it.
 * @param {string} from
 * @param {string} to
 */
function copyWhole(from, to) {
  const temporary = `${to}.${process.pid}`;
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, temporary);
  renameSync(temporary, to);
}

/**
 * Removes hundreds of megabytes of object files; only the addon itself is needed.
 * @param {string} built
 */
function removeObjects(built) {
  for (const name of readdirSync(dirname(built)))
    if (name !== basename(built)) rmSync(join(dirname(built), name), { recursive: true });
}

/**
 * @param {PlacedAddon} addon
 * @param {Work} work
 */
async function make(addon, { root, log, status }) {
  if (addon.publishesBuilt && (await download(addon, { root, log, status }))) return;
  await compile(addon, { root, log, status });
}

/**
 * Downloads the file that the package's authors built, as the package's own install script does.
 * @param {PlacedAddon} addon
 * @param {Work} work
 */
async function download(addon, { root, log, status }) {
  status('looking for a published build');
  const script = createRequire(join(root, 'package.json')).resolve('prebuild-install/bin.js');
  try {
    await run(process.execPath, [script], {
      cwd: addon.folder,
      log,
      timeoutMs: 60_000,
      failure: 'none',
    });
  } catch {
    return false;
  }
  return loads(join(addon.folder, addon.file), root);
}

/**
 * @param {PlacedAddon} addon
 * @param {Work} work
 */
async function compile(addon, { root, log, status }) {
  status('configuring');
  const script = createRequire(join(root, 'package.json')).resolve('node-gyp/bin/node-gyp.js');
  let compiled = 0;
  /** @type {number | undefined} */
  let total;
  await run(process.execPath, [script, 'rebuild', '--release', '-j', String(jobs())], {
    cwd: addon.folder,
    env: { ...addon.env, ...headersEnv() },
    log,
    failure: `${addon.name} does not compile`,
    onLine(line) {
      if (!/^\s*(CC|CXX)\(target\)/.test(line)) return;
      total ??= countObjects(addon.folder);
      compiled += 1;
      status(`compiling file ${compiled} of ${total}`);
    },
  });
}

const jobs = () =>
  Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / MEMORY_PER_JOB)));

/**
 * How many files node-gyp's makefiles compile.
 * @param {string} folder
 */
function countObjects(folder) {
  const build = join(folder, 'build');
  const makefiles = readdirSync(build, { recursive: true, encoding: 'utf8' }).filter((f) =>
    f.endsWith('.target.mk'),
  );
  const objects = makefiles.flatMap(
    (file) => readFileSync(join(build, file), 'utf8').match(/\$\(obj\)\.target\/.*\.o\b/g) ?? [],
  );
  return objects.length;
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
