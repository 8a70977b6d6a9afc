import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { aptGet, LockHeld } from './apt.mjs';
import { outputOf, succeeds } from './command.mjs';
import { Problem } from './problem.mjs';

/** @import { Step, Work } from './steps.mjs' */

/** @typedef {keyof typeof PACKAGES} Purpose */

/**
 * The Debian packages of each purpose. Programs of `build` need none. `start` is the main path: snapshots and the own
 * engine. `opencv` adds streams and OpenCV's engine; `test` and `arm64` include it.
 */
const DECODERS = ['libjpeg62-turbo-dev', 'libpng-dev', 'libwebp-dev'];
const START = [...DECODERS, 'g++', 'make', 'python3'];
/** Of libopencv-dev, which needs 48 further packages, what the addon uses. */
const MODULES = ['core', 'imgcodecs', 'imgproc', 'objdetect', 'videoio'];
const OPENCV_ALONE = MODULES.map((name) => `libopencv-${name}-dev`);
const OPENCV = [...START, ...OPENCV_ALONE];
/** The headers of Debian's own Node.js. */
const NODE_HEADERS = 'libnode-dev';
/** Servers for the cameras' tests: video and MJPEG, digest and basic authentication, RTSP. 126 MB installed. */
const CAMERA_PEERS = [
  ...['ffmpeg', 'nginx', 'apache2-bin', 'openssl'],
  ...['python3-gi', 'gir1.2-gst-rtsp-server-1.0'],
  ...['gstreamer1.0-plugins-base', 'gstreamer1.0-plugins-good'],
];
const PACKAGES = {
  build: /** @type {string[]} */ ([]),
  start: START,
  opencv: OPENCV,
  test: [
    ...OPENCV,
    'mosquitto',
    'mosquitto-clients',
    'prometheus',
    'chromium',
    'postgresql',
    'pebble',
    'systemd',
    ...CAMERA_PEERS,
  ],
  arm64: [...OPENCV, 'g++-aarch64-linux-gnu', 'qemu-user-static'],
};

/** Packages whose service Debian starts on installation. It would use ports that the demo and the tests need. */
const UNWANTED_SERVICES = ['mosquitto', 'postgresql', 'nginx', 'prometheus'];

/**
 * Where benches and tests find a server. On another system than Debian, set-up looks there.
 * @type {Record<string, string>}
 */
const SERVER_PATHS = { mosquitto: '/usr/sbin/mosquitto', postgresql: '/usr/lib/postgresql' };

const LISTS = '/var/lib/apt/lists';

/** The steps that install Debian packages. What the first one installs is compiled with while the next ones run. */
export const DEBIAN_STEPS = {
  compiler: 'Debian packages',
  opencv: 'Debian packages of OpenCV',
  others: 'Debian packages of servers and tools',
};

/**
 * The steps that install what is missing, one after the other. `also` names packages beside those of the purpose.
 * @param {{ purpose: Purpose, also?: string[] }} options
 * @returns {Step[]}
 */
export function debianPackages({ purpose, also = [] }) {
  const all = [...new Set([...packagesOf(purpose), ...also])];
  const others = all.filter((name) => !OPENCV.includes(name) && name !== NODE_HEADERS);
  const first = all.filter((name) => !others.includes(name) && !OPENCV_ALONE.includes(name));
  const { compiler, opencv } = DEBIAN_STEPS;
  /** @type {string[] | undefined} */
  let prefix;
  /** @type {(title: string, names: string[], rest: { seconds: number, after?: string[] }) => Step} */
  const step = (title, names, rest) => ({
    title,
    ...rest,
    finishes: true,
    check() {
      const absent = missing(names);
      if (absent.length === 0) return undefined;
      if (!outputOf('dpkg-query', ['--version'])) return withoutDebian(missing(all), purpose);
      return `install Debian packages with apt-get: ${absent.join(', ')}`;
    },
    prepare() {
      prefix ??= rootPrefix(missing(all));
    },
    async run(work) {
      await install(missing(names), prefix ?? rootPrefix(names), work);
    },
  });
  return [
    step(compiler, first, { seconds: 20 }),
    step(
      opencv,
      all.filter((name) => OPENCV_ALONE.includes(name)),
      { seconds: 40, after: [compiler] },
    ),
    step(DEBIAN_STEPS.others, others, { seconds: 60, after: [compiler, opencv] }),
  ];
}

/** @param {string[]} names */
function missing(names) {
  const installed = installedVersions(names);
  return names.filter((name) => !installed.has(name));
}

export const purposes = /** @type {Purpose[]} */ (Object.keys(PACKAGES));

/**
 * @param {string} name
 * @returns {name is Purpose}
 */
export const isPurpose = (name) => Object.hasOwn(PACKAGES, name);

/** @param {Purpose} purpose */
export const usesOpenCV = (purpose) => PACKAGES[purpose].includes('libopencv-core-dev');

/** @param {Purpose} purpose */
function packagesOf(purpose) {
  if (purpose === 'build') return PACKAGES.build;
  const debiansOwnNode = process.execPath === '/usr/bin/node';
  const headers = existsSync('/usr/include/node/node.h') || !debiansOwnNode ? [] : [NODE_HEADERS];
  return [...PACKAGES[purpose], ...headers];
}

/**
 * The versions of the named packages that are installed, by name.
 * @param {string[]} names
 * @returns {Map<string, string>}
 */
function installedVersions(names) {
  const format = `\${db:Status-Abbrev} \${Package} \${Version}\n`;
  if (names.length === 0) return new Map();
  const { stdout } = spawnSync('dpkg-query', ['--show', '--showformat', format, ...names], {
    encoding: 'utf8',
  });
  const rows = (stdout ?? '').split('\n').map((line) => line.split(/\s+/));
  return new Map(
    rows.filter(([state]) => state === 'ii').map(([, name = '', version = '']) => [name, version]),
  );
}

/** OpenCV's version, which its addon has to match, e.g. `4.6.0`; undefined if there is no OpenCV. */
export function opencvVersion() {
  const version =
    installedVersions(['libopencv-core-dev']).get('libopencv-core-dev') ??
    outputOf('pkg-config', ['--modversion', 'opencv4']);
  return version?.replace(/[^\d.].*$/, '');
}

/**
 * On other systems a person installs the libraries, a compiler and servers, and set-up uses what it finds.
 * @param {string[]} names
 * @param {Purpose} purpose
 */
function withoutDebian(names, purpose) {
  const hasServers = names.every((name) => existsSync(SERVER_PATHS[name] ?? '/'));
  const hasLibraries = !usesOpenCV(purpose) || opencvVersion();
  if (hasServers && hasLibraries && succeeds('make', ['--version'])) return undefined;
  throw new Problem(
    `This is not a Debian system; install what these Debian packages contain, then try again: ${names.join(', ')}.`,
  );
}

/**
 * The words before a command that run it as root.
 * @param {string[]} names
 */
function rootPrefix(names) {
  if (process.getuid?.() === 0) return [];
  if (succeeds('sudo', ['-n', 'true'])) return ['sudo', '-n'];
  if (process.stdin.isTTY && succeeds('sudo', ['-v'], { stdio: 'inherit' })) return ['sudo', '-n'];
  throw new Problem(
    `Debian packages are missing, and this user may not install them. Run: sudo apt-get install ${names.join(' ')}`,
  );
}

/**
 * @param {string[]} names
 * @param {string[]} prefix
 * @param {Work} work
 */
async function install(names, prefix, { log, status, print, signal }) {
  const onLine = (/** @type {string} */ line) => report(line, status);
  const options = { prefix, log, print, stop: signal, onLine };
  const failures = {
    update: 'The list of Debian packages cannot be downloaded',
    install: `apt-get cannot install ${names.join(', ')}`,
  };
  const update = () => aptGet(['update'], { ...options, failure: failures.update });
  const add = () =>
    aptGet(['install', '--yes', '--no-install-recommends', ...names], {
      ...options,
      failure: failures.install,
    });
  const fresh = !hasLists();
  if (fresh) await update();
  try {
    await add();
  } catch (error) {
    if (fresh || error instanceof LockHeld || signal.aborted) throw error;
    await update();
    await add();
  }
  stopServices(names, prefix);
}

const hasLists = () =>
  existsSync(LISTS) && readdirSync(LISTS).some((name) => name.includes('_Packages'));

/**
 * @param {string} line
 * @param {(text: string) => void} status
 */
function report(line, status) {
  const [, action, name] = /^(Unpacking|Setting up|Get:\d+ \S+ \S+ \S+) ([^\s:]+)/.exec(line) ?? [];
  if (action && name)
    status(`${action.startsWith('Get') ? 'downloading' : action.toLowerCase()} ${name}`);
}

/**
 * @param {string[]} names
 * @param {string[]} prefix
 */
function stopServices(names, prefix) {
  if (!existsSync('/run/systemd/system')) return;
  for (const service of UNWANTED_SERVICES.filter((name) => names.includes(name))) {
    const words = ['disable', '--now', service];
    const [command = 'systemctl', ...args] = [...prefix, 'systemctl', ...words];
    succeeds(command, args);
  }
}
