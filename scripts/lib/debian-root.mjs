import { createHash } from 'node:crypto';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.mjs';
import { outputOf, run, succeeds } from './command.mjs';
import { takeLock } from './lock.mjs';
import { Problem } from './problem.mjs';

/** @import { RunOptions } from './command.mjs' */

/**
 * @typedef {object} RootOptions
 * @property {string} [key] What else the root depends on. Another key makes another root.
 * @property {string} [from] The root that this one begins as a copy of.
 * @property {string} [arch] Debian's name of another architecture; it needs qemu's user emulation.
 * @property {string} log
 * @property {(folder: string) => Promise<void>} [prepare] Installs what the root needs.
 */

/**
 * @typedef {object} EnterOptions
 * @property {Record<string, string>} [binds] Files and folders of this machine: inside → outside.
 * @property {Record<string, string>} [env]
 * @property {string} [arch] The architecture of the root.
 */

export const SUITE = 'trixie';
export const MIRROR = process.env.DEBIAN_MIRROR ?? 'http://deb.debian.org/debian';
/** Certificate authorities that this machine's network needs as well; npm and Node.js in a root use them. */
const HOST_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
const AUTHORITIES = '/run/host-authorities.crt';

/**
 * A Debian 13 system in a folder, made once and kept: debootstrap's smallest, and what `prepare` installs. Needs root and
 * debootstrap. Resolves with the folder.
 * @param {string} name
 * @param {RootOptions} options
 */
export async function debianRoot(name, { key = '', from, arch, log, prepare }) {
  requireTools();
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 8);
  const folder = join(cacheFolder('roots'), `${SUITE}-${name}-${hash}`);
  const release = await takeLock(folder, {
    onWait: () => console.log('Another run is making the same root; waiting for it.'),
  });
  try {
    if (existsSync(folder)) return folder;
    // Made under another name, and renamed when it is complete.
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    if (from) await copyRoot(from, partial, log);
    else await bootstrap(partial, arch, log);
    await prepare?.(partial);
    renameSync(partial, folder);
    return folder;
  } finally {
    release();
  }
}

function requireTools() {
  if (process.getuid?.() !== 0)
    throw new Problem(
      'Only root can make a Debian root. On Debian 13, `npm run package -- --here` works without one.',
    );
  const missing = ['debootstrap', 'unshare'].filter((tool) => !succeeds('which', [tool]));
  if (missing.length > 0)
    throw new Problem(`${missing.join(', ')} missing; on Debian: apt-get install debootstrap`);
}

/**
 * A copy that shares its blocks if the file system supports it.
 * @param {string} from
 * @param {string} to
 * @param {string} log
 */
export const copyRoot = (from, to, log) =>
  run('cp', ['--archive', '--reflink=auto', from, to], {
    log,
    failure: `${from} cannot be copied`,
  });

/**
 * @param {string} folder
 * @param {string | undefined} other
 * @param {string} log
 */
async function bootstrap(folder, other, log) {
  const arch = other ?? outputOf('dpkg', ['--print-architecture']);
  const options = [`--arch=${arch}`, '--variant=minbase', '--include=ca-certificates'];
  const command = ['debootstrap', ...options, SUITE, folder, MIRROR].map(quote).join(' ');
  await isolated([...emulation(arch), command], { log, failure: 'debootstrap failed' });
  const sources = [
    `deb ${MIRROR} ${SUITE} main`,
    `deb ${MIRROR} ${SUITE}-updates main`,
    `deb ${MIRROR.replace(/debian\/?$/, 'debian-security')} ${SUITE}-security main`,
  ];
  writeFileSync(join(folder, 'etc/apt/sources.list'), `${sources.join('\n')}\n`);
  writeFileSync(join(folder, 'etc/apt/apt.conf.d/90host'), hostProxy());
}

/** How this machine's apt reaches the archive. */
function hostProxy() {
  const all = outputOf('apt-config', ['dump', '--format', '%F "%v";%n', 'Acquire']) ?? '';
  const lines = all.split('\n').filter((line) => /^Acquire::https?::(.*::)?Proxy /i.test(line));
  return `${lines.join('\n')}\n`;
}

/**
 * Runs a command in a root, with the network, /dev and the named folders of this machine.
 * @param {string} folder
 * @param {string[]} command
 * @param {EnterOptions & RunOptions} options
 */
export function enterRoot(folder, command, { binds = {}, env = {}, arch, ...options }) {
  /** @type {Record<string, string>} */
  const all = { '/etc/resolv.conf': '/etc/resolv.conf', ...binds };
  if (existsSync(HOST_AUTHORITIES)) all[AUTHORITIES] = HOST_AUTHORITIES;
  const settings = Object.entries({ ...rootEnvironment(), ...env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const words = ['chroot', folder, 'env', '--ignore-environment', ...settings, ...command];
  const lines = [
    ...emulation(arch),
    `mount -t proc proc ${quote(join(folder, 'proc'))}`,
    `mount --rbind /dev ${quote(join(folder, 'dev'))}`,
    ...Object.entries(all).flatMap(([inside, outside]) => bind(join(folder, inside), outside)),
    words.map(quote).join(' '),
  ];
  return isolated(lines, options);
}

/**
 * Runs lines of shell in namespaces of their own: none of their mounts and processes remains, however they end.
 * @param {string[]} lines
 * @param {RunOptions} options
 */
function isolated(lines, options) {
  const isolate = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  const command = [...isolate, 'sh', '-c', ['set -e', ...lines].join('\n')];
  // unshare ignores SIGTERM while it waits. Its end by SIGKILL ends all processes of the namespace.
  return run('unshare', command, { killSignal: 'SIGKILL', ...options });
}

/** @type {Record<string, string>} */
const QEMU_MACHINES = { arm64: 'aarch64', amd64: 'x86_64' };

/**
 * Lines of shell that make the kernel run programs of another architecture by qemu, as long as the namespace exists.
 * @param {string | undefined} arch
 */
function emulation(arch) {
  const machine = QEMU_MACHINES[arch ?? ''];
  if (!machine || arch === outputOf('dpkg', ['--print-architecture'])) return [];
  const format = `/usr/lib/binfmt.d/qemu-${machine}.conf`;
  if (!existsSync(format))
    throw new Problem(
      `Programs for ${arch} cannot run here; on Debian: apt-get install qemu-user-static`,
    );
  const registry = '/proc/sys/fs/binfmt_misc';
  const name = `siteglass-${process.pid}`;
  return [
    `mount -t binfmt_misc binfmt_misc ${registry}`,
    `sed 's/^:[^:]*:/:${name}:/' ${format} >${registry}/register`,
    `trap 'echo -1 >${registry}/${name}' EXIT`,
  ];
}

/**
 * @param {string} target
 * @param {string} source
 */
const bind = (target, source) => [
  `mkdir -p ${quote(join(target, '..'))}`,
  `if [ -d ${quote(source)} ]; then mkdir -p ${quote(target)}; else : >>${quote(target)}; fi`,
  `mount --bind ${quote(source)} ${quote(target)}`,
];

/** @param {unknown} text */
const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;

/** @returns {Record<string, string | undefined>} */
function rootEnvironment() {
  const proxies = Object.entries(process.env).filter(([name]) => /^(https?|no)_proxy$/i.test(name));
  return {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LANG: 'C.UTF-8',
    DEBIAN_FRONTEND: 'noninteractive',
    ...(existsSync(HOST_AUTHORITIES) && {
      NODE_EXTRA_CA_CERTS: AUTHORITIES,
      npm_config_cafile: AUTHORITIES,
    }),
    ...Object.fromEntries(proxies),
  };
}
