import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { compile, download } from './addon-build.mjs';
import { cachePath, copyWhole } from './cache.mjs';
import { succeeds } from './command.mjs';
import { DEBIAN_STEPS, opencvVersion, usesOpenCV } from './debian-packages.mjs';
import { readPackages } from './npm-packages.mjs';
import { openCvSettings } from './opencv-addon.mjs';
import { Problem } from './problem.mjs';

/** @import { Purpose } from './debian-packages.mjs' */
/** @import { Step } from './steps.mjs' */

/**
 * A native addon: of an npm package, or the project's own.
 * @typedef {object} Addon
 * @property {string} name
 * @property {string} folder The path in the project.
 * @property {string} file The path of the built file in `folder`.
 * @property {number} seconds How long compiling takes on one processor.
 * @property {boolean} [own] Whether it is the project's own. Its version is the hash of its sources. One build, with
 *   Node-API, runs in every Node.js.
 * @property {boolean} [isProgram] Whether it is run, not loaded.
 * @property {boolean} [usesOpenCV]
 * @property {boolean} [publishesBuilt] Whether its authors publish built files.
 * @property {boolean} [critical] Whether the set-up waits for it longest; the other compilers leave it a processor.
 * @property {Record<string, string>} [env] Added to the compiler's environment.
 * @property {string[]} [make] Arguments of make.
 */

/** @typedef {Addon & { version: string | undefined }} PlacedAddon The folder is an absolute path. */

/** @typedef {{ root: string }} Place */

/** From Node.js 24 on (ABI 137). */
const wrapsWithHooks = Number(process.versions.modules) >= 137;

/**
 * The native addons, the slowest first. Built files are kept in a cache by all that they depend on, so a second clone does
 * not compile again.
 * @param {string} root
 * @returns {Addon[]}
 */
const allAddons = (root) => [
  {
    name: 'better-sqlite3',
    folder: 'node_modules/better-sqlite3',
    file: 'build/Release/better_sqlite3.node',
    // A published build may have been made with the headers that packaging/sqlite replaces.
    publishesBuilt: !wrapsWithHooks,
    critical: true,
    seconds: 50,
    // After the -O3 of its own settings: a quarter faster to compile, and as fast to run (docs/decisions/0019).
    env: {
      CFLAGS: '-O2',
      CXXFLAGS: wrapsWithHooks
        ? `-O2 -include ${join(root, 'packaging', 'sqlite', 'object-wrap.hpp')}`
        : '-O2',
    },
    make: ['better_sqlite3'],
  },
  {
    name: '@u4/opencv4nodejs',
    folder: 'node_modules/@u4/opencv4nodejs',
    file: 'build/Release/opencv4nodejs.node',
    usesOpenCV: true,
    seconds: 150,
    ...openCvSettings(root),
  },
  ...['decoder', 'engine'].map((part) => ({
    name: `siteglass-${part}`,
    folder: `core/detection/${part}/native`,
    file: `build/Release/${part}.node`,
    own: true,
    seconds: 15,
  })),
  {
    name: 'siteglass-identity',
    folder: 'core/runtime/identity/native',
    file: 'build/Release/identity.node',
    own: true,
    seconds: 2,
  },
  {
    name: 'siteglass-launcher',
    folder: 'core/runtime/sandbox/native',
    file: 'build/Release/worker-launcher',
    own: true,
    isProgram: true,
    seconds: 2,
  },
];

/**
 * The steps of each addon that the purpose needs: a published build is downloaded while apt-get still works, any other
 * addon is found built, taken from the cache or compiled.
 * @param {Place & { purpose: Purpose }} options
 * @returns {Step[]}
 */
export function addons({ root, purpose }) {
  if (purpose === 'build') return [];
  const locked = readPackages(join(root, 'package-lock.json')) ?? {};
  return allAddons(root)
    .filter((addon) => !addon.usesOpenCV || usesOpenCV(purpose))
    .map((addon) => {
      const folder = join(root, addon.folder);
      const version = addon.own ? hashOfSources(folder) : locked[addon.folder]?.version;
      return { ...addon, folder, version };
    })
    .flatMap((addon) => addonSteps(addon, root));
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
 * @param {string} root
 * @returns {Step[]}
 */
function addonSteps(addon, root) {
  const { name, version, folder, seconds } = addon;
  const built = join(folder, addon.file);
  const stamp = join(folder, 'build', 'siteglass-addon.json');
  const isMissing = () => !(existsSync(built) && readStamp(stamp) === keyOf(addon, root));
  const isCached = () => existsSync(keptPath(addon, root));
  /** A file without a stamp comes from npm's own installation, so its version is right. One with another stamp is stale. */
  const isAsInstalled = () => !addon.own && !existsSync(stamp) && works(built, addon, root);
  const keep = () => {
    copyWhole(built, keptPath(addon, root));
    removeObjects(built);
    markDone();
  };
  const markDone = () => writeFileSync(stamp, JSON.stringify({ key: keyOf(addon, root) }));
  const downloadTitle = `${name}, published build`;
  /** @type {Step} */
  const downloadStep = {
    title: downloadTitle,
    after: ['npm packages'],
    seconds: 2,
    check: () =>
      isMissing() && !isCached() && !existsSync(built) ? `download ${name} ${version}` : undefined,
    async run(work) {
      try {
        await download(addon, { root, ...work });
      } catch (error) {
        if (work.signal.aborted) throw error;
        return 'none for this system, or it cannot be reached';
      }
      if (!works(built, addon, root)) return 'it does not load here';
      keep();
      return undefined;
    },
  };
  /** @type {Step} */
  const step = {
    title: name,
    after: [
      DEBIAN_STEPS.compiler,
      ...(addon.usesOpenCV ? [DEBIAN_STEPS.opencv] : []),
      'npm packages',
      downloadTitle,
    ],
    compiles: !addon.critical,
    get seconds() {
      return isCached() ? 1 : seconds;
    },
    check() {
      if (!isMissing()) return undefined;
      return isCached()
        ? `take ${name} ${version} from the cache of built addons`
        : `compile ${name} ${version} (about ${seconds} s of processor time)`;
    },
    async run(work) {
      if (isCached() && works(keptPath(addon, root), addon, root)) {
        copyWhole(keptPath(addon, root), built);
        markDone();
      } else {
        if (!isAsInstalled()) await compile(addon, { root, ...work });
        if (!works(built, addon, root))
          throw new Problem(`${name} is compiled but does not load; see ${work.log}`);
        keep();
      }
    },
  };
  return addon.publishesBuilt ? [downloadStep, step] : [step];
}

/**
 * Everything that a built addon depends on, but not where the project is.
 * @param {PlacedAddon} addon
 * @param {string} root
 */
function keyOf({ name, version, own, usesOpenCV: linksOpenCV, env, make }, root) {
  const { platform, arch, versions } = process;
  const abi = own ? 'napi' : `node${versions.modules}`;
  const key = `${name.replace('/', '-')}-${version}-${abi}-${platform}-${arch}`;
  const settings = JSON.stringify([env, make]).replaceAll(root, '');
  const hash = createHash('sha256').update(settings).digest('hex').slice(0, 8);
  const how = `${key}-built${hash}`;
  return linksOpenCV ? `${how}-opencv${opencvVersion() ?? 'none'}` : how;
}

/**
 * @param {PlacedAddon} addon
 * @param {string} root
 */
const keptPath = (addon, root) => cachePath('addons', keyOf(addon, root), basename(addon.file));

/** @param {string} file */
function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).key;
  } catch {
    return undefined;
  }
}

/**
 * Whether this Node.js can load it, or it runs. Another process tries, because a wrong addon may crash.
 * @param {string} file
 * @param {Addon} addon
 * @param {string} root
 */
const works = (file, { isProgram }, root) =>
  existsSync(file) &&
  (isProgram
    ? succeeds(file, ['--version'], { cwd: root })
    : succeeds(process.execPath, ['--eval', 'require(process.argv[1])', file], { cwd: root }));

/**
 * Removes hundreds of megabytes of object files; only the addon itself is needed.
 * @param {string} built
 */
function removeObjects(built) {
  for (const name of readdirSync(dirname(built)))
    if (name !== basename(built)) rmSync(join(dirname(built), name), { recursive: true });
}
