import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { copyWhole } from '../../scripts/lib/cache.mjs';
import { outputOf } from '../../scripts/lib/command.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';

/** The architecture that packages are built for, by Debian's names: `arm64`, and `aarch64-linux-gnu` for the compiler. */
export interface Target {
  arch: string;
  gnu: string;
}

interface Addon {
  /** The built files. */
  files: string[];
  folder: string;
  /** Further folders that are compiled into it. */
  sources?: string[];
  /** The compiler's last word on optimisation, after Debian's flags. */
  optimise: string;
}

/** The paths of the addons that each program has in its own package, in a source tree. */
export const ADDON_FILES = {
  sqlite: 'node_modules/better-sqlite3/build/Release/better_sqlite3.node',
  engine: 'core/detection/engine/native/build/Release/engine.node',
  decoder: 'core/detection/decoder/native/build/Release/decoder.node',
  identity: 'core/runtime/identity/native/build/Release/identity.node',
  launcher: 'core/runtime/sandbox/native/build/Release/worker-launcher',
};

/** Those of the package siteglass-opencv. */
export const OPENCV_FILES = {
  engine: 'core/opencv/native/build/Release/engine.node',
  capture: 'core/opencv/native/build/Release/capture.node',
};

/** Node's names of architectures, by Debian's. */
export const NODE_ARCHITECTURES: Record<string, string> = { amd64: 'x64', arm64: 'arm64' };

/** Compiles the native addons in the source tree `root` with this system's compiler and headers. */
export function buildAddons(root: string, target: Target): void {
  for (const addon of ADDONS) {
    const { files, folder, optimise } = addon;
    const kept = cachePaths(root, target, addon);
    if (kept?.every((path) => existsSync(path))) {
      for (const [i, file] of files.entries()) copyWhole(kept[i] ?? '', join(root, file));
      continue;
    }
    compile(root, join(root, folder), target, optimise);
    for (const [i, path] of (kept ?? []).entries()) copyWhole(join(root, files[i] ?? ''), path);
  }
}

const ADDONS: Addon[] = [
  {
    files: [ADDON_FILES.engine],
    folder: 'core/detection/engine/native',
    optimise: '-O3',
  },
  {
    files: [ADDON_FILES.decoder],
    folder: 'core/detection/decoder/native',
    optimise: '-O3',
  },
  {
    files: [ADDON_FILES.identity],
    folder: 'core/runtime/identity/native',
    optimise: '-O2',
  },
  {
    files: [ADDON_FILES.launcher],
    folder: 'core/runtime/sandbox/native',
    optimise: '-O2',
  },
  {
    files: [ADDON_FILES.sqlite],
    folder: 'node_modules/better-sqlite3',
    optimise: '-O3',
  },
  {
    files: Object.values(OPENCV_FILES),
    folder: 'core/opencv/native',
    sources: ['node_modules/@u4/opencv4nodejs/cc', 'packaging/opencv'],
    // The expensive code is in OpenCV's own libraries.
    optimise: '-O1',
  },
];

function compile(root: string, cwd: string, { arch, gnu }: Target, optimise: string): void {
  // After Debian's flags for all packages (hardening, no paths of this machine), so that these prevail.
  const flagsOf = (name: string) => `${process.env[name] ?? ''} ${optimise} -g0`.trim();
  const tools = { CC: `${gnu}-gcc`, CXX: `${gnu}-g++`, LINK: `${gnu}-g++`, AR: `${gnu}-ar` };
  const options = {
    cwd,
    env: {
      ...process.env,
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
  run('make', ['-C', 'build', 'BUILDTYPE=Release', `-j${availableParallelism()}`], options);
}

/** The headers that the addons are compiled with; each file contains their version. */
const HEADERS = [
  '/usr/include/node/node_version.h',
  '/usr/include/opencv4/opencv2/core/version.hpp',
  '/usr/include/jpeglib.h',
  '/usr/include/png.h',
  '/usr/include/webp/decode.h',
];

/** The paths of an addon's kept files, by all that their bytes depend on; undefined if SITEGLASS_ADDON_CACHE names no folder. */
function cachePaths(
  root: string,
  { arch, gnu }: Target,
  { files, folder, sources = [], optimise }: Addon,
): string[] | undefined {
  const cache = process.env.SITEGLASS_ADDON_CACHE;
  if (!cache) return undefined;
  const hash = createHash('sha256').update(JSON.stringify([arch, optimise]));
  for (const name of ['CFLAGS', 'CXXFLAGS', 'LDFLAGS']) hash.update(process.env[name] ?? '');
  hash.update(outputOf(`${gnu}-g++`, ['--version']) ?? '');
  for (const path of [folder, ...sources, 'packaging/tree/addons.ts'])
    hashFiles(hash, join(root, path));
  for (const header of HEADERS) hashFiles(hash, header);
  const key = hash.digest('hex').slice(0, 16);
  // Two addons may have the same name.
  return files.map((file, i) => join(cache, `${basename(file)}-${arch}-${key}-${i}`));
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

function run(command: string, args: string[], options: SpawnSyncOptions): void {
  const { status, error } = spawnSync(command, args, { ...options, stdio: 'inherit' });
  if (error || status !== 0)
    throw new Problem(
      `${command} failed in ${options.cwd} (${error?.message ?? status}); see above.`,
    );
}
