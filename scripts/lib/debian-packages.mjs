import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { outputOf, run, succeeds } from './command.mjs';
import { Problem } from './problem.mjs';

/** What is needed of Debian for each purpose; all need what `start` does. */
const START = ['libopencv-dev', 'g++', 'make', 'python3'];
/** Peers of the cameras' tests: video and MJPEG, digest and basic authentication, an RTSP server. 126 MB installed. */
const CAMERA_PEERS = [
  ...['ffmpeg', 'nginx', 'apache2-bin', 'openssl'],
  ...['python3-gi', 'gir1.2-gst-rtsp-server-1.0'],
  ...['gstreamer1.0-plugins-base', 'gstreamer1.0-plugins-good'],
];
const PACKAGES = {
  start: START,
  test: [
    ...START,
    'mosquitto',
    'mosquitto-clients',
    'chromium',
    'postgresql',
    'systemd',
    ...CAMERA_PEERS,
  ],
  arm64: [...START, 'g++-aarch64-linux-gnu', 'qemu-user-static'],
};

/** Packages whose service Debian starts on install. It would take the port that the demo uses. */
const UNWANTED_SERVICES = ['mosquitto', 'postgresql', 'nginx'];

const LISTS = '/var/lib/apt/lists';

/** The step that installs what is missing. */
export function debianPackages({ purpose, log }) {
  const missing = () => {
    const installed = installedVersions(wanted(purpose));
    return wanted(purpose).filter((name) => !installed.has(name));
  };
  return {
    title: 'Debian packages',
    check() {
      const names = missing();
      if (names.length === 0) return undefined;
      if (!outputOf('dpkg-query', ['--version'])) return withoutDebian(names);
      return `install Debian packages with apt-get: ${names.join(', ')}`;
    },
    async run(status) {
      const names = missing();
      await install(names, rootPrefix(names), { log, status });
    },
  };
}

export const purposes = Object.keys(PACKAGES);

function wanted(purpose) {
  const debiansOwnNode = process.execPath === '/usr/bin/node';
  const headers = existsSync('/usr/include/node/node.h') || !debiansOwnNode ? [] : ['libnode-dev'];
  return [...PACKAGES[purpose], ...headers];
}

/** The versions of those of the named packages that are installed, by name. */
function installedVersions(names) {
  const format = `\${db:Status-Abbrev} \${Package} \${Version}\n`;
  const { stdout } = spawnSync('dpkg-query', ['--show', '--showformat', format, ...names], {
    encoding: 'utf8',
  });
  const rows = (stdout ?? '').split('\n').map((line) => line.split(/\s+/));
  return new Map(
    rows.filter(([state]) => state === 'ii').map(([, name, version]) => [name, version]),
  );
}

/** OpenCV's version as its addon has to match it, e.g. `4.6.0`; undefined where there is no OpenCV. */
export function opencvVersion() {
  const version =
    installedVersions(['libopencv-dev']).get('libopencv-dev') ??
    outputOf('pkg-config', ['--modversion', 'opencv4']);
  return version?.replace(/[^\d.].*$/, '');
}

/** Elsewhere than on Debian, OpenCV and a compiler are taken as they are found; a person installs them. */
function withoutDebian(names) {
  if (opencvVersion() && succeeds('make', ['--version'])) return undefined;
  throw new Problem(
    `This is not a Debian system; install what these Debian packages hold, then try again: ${names.join(', ')}.`,
  );
}

/** What to put before a command so that it runs as root. */
function rootPrefix(names) {
  if (process.getuid() === 0) return [];
  if (succeeds('sudo', ['-n', 'true'])) return ['sudo', '-n'];
  if (process.stdin.isTTY && succeeds('sudo', ['-v'], { stdio: 'inherit' })) return ['sudo', '-n'];
  throw new Problem(
    `Debian packages are missing and this user may not install them; run: sudo apt-get install ${names.join(' ')}`,
  );
}

async function install(names, prefix, { log, status }) {
  const aptGet = (args, failure) => {
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
    return run(command, [...rest, ...args], { log, failure, onLine: (line) => tell(line, status) });
  };
  const update = () => aptGet(['update'], 'The list of Debian packages cannot be fetched');
  const add = () =>
    aptGet(
      ['install', '--yes', '--no-install-recommends', ...names],
      `apt-get cannot install ${names.join(', ')}`,
    );
  const fresh = !hasLists();
  if (fresh) await update();
  try {
    await add();
  } catch (error) {
    if (fresh) throw error;
    await update();
    await add();
  }
  stopServices(names, prefix);
}

const hasLists = () =>
  existsSync(LISTS) && readdirSync(LISTS).some((name) => name.includes('_Packages'));

function tell(line, status) {
  const [, action, name] = /^(Unpacking|Setting up|Get:\d+ \S+ \S+ \S+) ([^\s:]+)/.exec(line) ?? [];
  if (name) status(`${action.startsWith('Get') ? 'fetching' : action.toLowerCase()} ${name}`);
}

function stopServices(names, prefix) {
  if (!existsSync('/run/systemd/system')) return;
  for (const service of UNWANTED_SERVICES.filter((name) => names.includes(name))) {
    const [command, ...args] = [...prefix, 'systemctl', 'disable', '--now', service];
    succeeds(command, args);
  }
}
