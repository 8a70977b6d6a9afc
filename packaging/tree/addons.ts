import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { outputOf } from '../../scripts/lib/command.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';

/** The libraries of OpenCV that the addon uses, by Debian's names; packaging/opencv limits it to these. */
const OPENCV_LIBRARIES = ['core', 'imgproc', 'imgcodecs', 'objdetect', 'videoio'];

/** The architecture that packages are built for, by Debian's names: `arm64`, and `aarch64-linux-gnu` for the compiler. */
export interface Target {
  arch: string;
  gnu: string;
}

interface CompilerSettings {
  optimise: string;
  flags?: string;
  env?: Record<string, string>;
  /** Arguments of make. */
  make?: string[];
}

interface Addon {
  file: string;
  folder: string;
  settings: CompilerSettings;
}

/** The paths of the built addons in a source tree. */
export const ADDON_FILES = {
  opencv: 'node_modules/@u4/opencv4nodejs/build/Release/opencv4nodejs.node',
  sqlite: 'node_modules/better-sqlite3/build/Release/better_sqlite3.node',
  engine: 'core/detection/engine/native/build/Release/engine.node',
  decoder: 'core/detection/decoder/native/build/Release/decoder.node',
};

/** Debian's architectures by Node's names. */
const NODE_ARCHITECTURES: Record<string, string> = { amd64: 'x64', arm64: 'arm64' };

/** Compiles the four native addons in the source tree `root` with this system's compiler and headers. */
export function buildAddons(root: string, target: Target): void {
  for (const addon of addons(root, target.gnu)) {
    const { file, folder, settings } = addon;
    const kept = cachePath(root, target, addon);
    if (kept && existsSync(kept)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      copyFileSync(kept, join(root, file));
      continue;
    }
    compile(root, join(root, folder), target, settings);
    if (!kept) continue;
    copyFileSync(join(root, file), `${kept}.${process.pid}`);
    renameSync(`${kept}.${process.pid}`, kept);
  }
}

const addons = (root: string, gnu: string): Addon[] => [
  {
    file: ADDON_FILES.engine,
    folder: 'core/detection/engine/native',
    settings: { optimise: '-O3' },
  },
  {
    file: ADDON_FILES.decoder,
    folder: 'core/detection/decoder/native',
    settings: { optimise: '-O3' },
  },
  {
    file: ADDON_FILES.sqlite,
    folder: 'node_modules/better-sqlite3',
    settings: { optimise: '-O3' },
  },
  {
    file: ADDON_FILES.opencv,
    folder: 'node_modules/@u4/opencv4nodejs',
    settings: openCv(root, gnu),
  },
];

function compile(
  root: string,
  cwd: string,
  { arch, gnu }: Target,
  { optimise, flags = '', env = {}, make = [] }: CompilerSettings,
): void {
  // After Debian's flags for all packages (hardening, no paths of this machine), so that these prevail.
  const flagsOf = (name: string) => `${process.env[name] ?? ''} ${optimise} -g0 ${flags}`.trim();
  const tools = { CC: `${gnu}-gcc`, CXX: `${gnu}-g++`, LINK: `${gnu}-g++`, AR: `${gnu}-ar` };
  const options = {
    cwd,
    env: {
      ...process.env,
      ...env,
      ...tools,
      CFLAGS: flagsOf('CFLAGS'),
      CXXFLAGS: flagsOf('CXXFLAGS'),
    },
  };
  const gyp = createRequire(join(root, 'package.json')).resolve('node-gyp/bin/node-gyp.js');
  const configure = [
    'configure',
    '--release',
    `--arch=${NODE_ARCHITECTURES[arch]}`,
    '--nodedir=/usr',
  ];
  run(process.execPath, [gyp, ...configure], options);
  run(
    'make',
    ['-C', 'build', 'BUILDTYPE=Release', `-j${availableParallelism()}`, ...make],
    options,
  );
}

/** The headers that the addons are compiled with; each file contains their version. */
const HEADERS = [
  '/usr/include/node/node_version.h',
  '/usr/include/opencv4/opencv2/core/version.hpp',
  '/usr/include/jpeglib.h',
  '/usr/include/png.h',
  '/usr/include/webp/decode.h',
];

/** The path of a kept addon, by all that its bytes depend on; undefined if SITEGLASS_ADDON_CACHE names no folder. */
function cachePath(
  root: string,
  { arch, gnu }: Target,
  { file, folder, settings }: Addon,
): string | undefined {
  const cache = process.env.SITEGLASS_ADDON_CACHE;
  if (!cache) return undefined;
  const hash = createHash('sha256').update(JSON.stringify([arch, settings]));
  for (const name of ['CFLAGS', 'CXXFLAGS', 'LDFLAGS']) hash.update(process.env[name] ?? '');
  hash.update(outputOf(`${gnu}-g++`, ['--version']) ?? '');
  for (const path of [folder, 'packaging/opencv', 'packaging/tree/addons.ts'])
    hashFiles(hash, join(root, path));
  for (const header of HEADERS) hashFiles(hash, header);
  return join(cache, `${basename(file)}-${arch}-${hash.digest('hex').slice(0, 16)}`);
}

function hashFiles(hash: Hash, path: string): void {
  const inside = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
    : [''];
  for (const name of inside) {
    const file = join(path, name);
    if (statSync(file).isFile()) hash.update(name).update(readFileSync(file));
  }
}

/** The addon's own search for OpenCV would link all of it, and leave the paths of this machine in the addon. */
function openCv(root: string, gnu: string): CompilerSettings {
  const libraries = OPENCV_LIBRARIES.map((name) => `-lopencv_${name}`).join(' ');
  return {
    // The expensive code is in OpenCV's own libraries.
    optimise: '-O1',
    flags: '-isystem /usr/include/opencv4',
    env: {
      OPENCV4NODEJS_DISABLE_AUTOBUILD: '1',
      OPENCV_INCLUDE_DIR: join(root, 'packaging', 'opencv'),
      OPENCV_LIB_DIR: `/usr/lib/${gnu}`,
    },
    make: [
      `LIBS=${libraries}`,
      `LDFLAGS_Release=-pthread ${process.env.LDFLAGS ?? ''} -Wl,--as-needed`,
    ],
  };
}

function run(command: string, args: string[], options: SpawnSyncOptions): void {
  const { status, error } = spawnSync(command, args, { ...options, stdio: 'inherit' });
  if (error || status !== 0)
    throw new Problem(
      `${command} failed in ${options.cwd} (${error?.message ?? status}); see above.`,
    );
}
