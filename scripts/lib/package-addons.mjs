import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Problem } from './problem.mjs';

/** What the addon uses of OpenCV, by Debian's names of the libraries; packaging/opencv keeps it to these. */
const OPENCV_LIBRARIES = ['core', 'imgproc', 'imgcodecs', 'objdetect', 'videoio'];

/** Where the built addons are in a source tree. */
export const ADDON_FILES = {
  opencv: 'node_modules/@u4/opencv4nodejs/build/Release/opencv4nodejs.node',
  sqlite: 'node_modules/better-sqlite3/build/Release/better_sqlite3.node',
  engine: 'core/detection/engine/native/build/Release/engine.node',
};

/** Debian's architectures by Node's names. */
const NODE_ARCHITECTURES = { amd64: 'x64', arm64: 'arm64' };

/**
 * Compiles the three native addons in the source tree `root` for a Debian architecture (`arch`) with this system's
 * compiler (`gnu`, e.g. `aarch64-linux-gnu`) and headers.
 */
export function buildAddons(root, { arch, gnu }) {
  const tools = { CC: `${gnu}-gcc`, CXX: `${gnu}-g++`, AR: `${gnu}-ar` };
  const compile = (folder, optimise, { env = {}, make = [] } = {}) => {
    // After what Debian sets for all packages (hardening, no paths of this machine), so that it prevails.
    const flags = (name) => `${process.env[name] ?? ''} ${optimise} ${env[name] ?? ''}`.trim();
    const settings = { ...env, ...tools, CFLAGS: flags('CFLAGS'), CXXFLAGS: flags('CXXFLAGS') };
    const options = {
      cwd: join(root, folder),
      env: { ...process.env, ...settings, LINK: tools.CXX },
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
  };
  compile('core/detection/engine/native', '-O3 -g0');
  compile('node_modules/better-sqlite3', '-O3 -g0');
  compile('node_modules/@u4/opencv4nodejs', '-O1 -g0', opencv(root, gnu));
}

/** Its own search for OpenCV would link all of it, and leave the paths of this machine in the addon. */
function opencv(root, gnu) {
  const libraries = OPENCV_LIBRARIES.map((name) => `-lopencv_${name}`).join(' ');
  return {
    env: {
      OPENCV4NODEJS_DISABLE_AUTOBUILD: '1',
      OPENCV_INCLUDE_DIR: join(root, 'packaging', 'opencv'),
      OPENCV_LIB_DIR: `/usr/lib/${gnu}`,
      // The heavy lifting is in OpenCV's own libraries.
      CXXFLAGS: '-isystem /usr/include/opencv4',
    },
    make: [
      `LIBS=${libraries}`,
      `LDFLAGS_Release=-pthread ${process.env.LDFLAGS ?? ''} -Wl,--as-needed`,
    ],
  };
}

function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { ...options, stdio: 'inherit' });
  if (error || status !== 0)
    throw new Problem(
      `${command} failed in ${options.cwd} (${error?.message ?? status}); see above.`,
    );
}
