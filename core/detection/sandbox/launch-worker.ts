import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCvAddon, openCvFault } from '../../opencv/opencv-addon.js';
import { projectRoot } from '../../runtime/project-root.js';
import { isRuntimeInstalled, runtimeFolder } from '../onnx/runtime-package.js';

/** Set by the launcher: the version of Landlock that holds, or why none does. */
export const LANDLOCK_VARIABLE = 'SITEGLASS_LANDLOCK';

/** The built `native/launcher.cpp`. */
export const launcherFile = (): string =>
  join(projectRoot(), 'core/detection/sandbox/native/build/Release/worker-launcher');

export interface Launch extends Pick<ForkOptions, 'stdio' | 'serialization'> {
  /** The whole environment. */
  environment: Record<string, string>;
  /** Options of Node.js. */
  flags: string[];
}

/**
 * Starts a process like `fork`, without new privileges and within Landlock, where the kernel has it. It reads the program,
 * Node.js and their libraries; it writes no file, and neither listens nor connects over TCP, and signals no other process.
 */
export function launchWorker(entry: URL, { environment, flags, ...options }: Launch): ChildProcess {
  const launcher = launcherFile();
  const common = { ...options, env: environment };
  if (!existsSync(launcher)) return fork(entry, { ...common, execArgv: flags });
  return fork(entry, {
    ...common,
    execPath: launcher,
    execArgv: [...rules(entry), '--', process.execPath, ...flags],
  });
}

/** Nothing in these folders belongs to a user or a service. */
const LIBRARIES = ['/usr', '/lib', '/lib64'];
/** What the C library, OpenSSL, V8 and the engines read of the system. */
const SYSTEM = [
  ...['/etc/ld.so.cache', '/etc/ld.so.preload', '/etc/ssl/openssl.cnf', '/etc/localtime'],
  ...['/sys/devices/system', '/sys/fs/cgroup', '/sys/kernel/mm/transparent_hugepage'],
  ...['/dev/urandom', '/dev/zero'],
];
const PROCESS = [
  ...['/proc/self', '/proc/meminfo', '/proc/cpuinfo', '/proc/stat', '/proc/version'],
  '/proc/sys/vm/overcommit_memory',
];
/** Of the program's folder: in a checkout, it may also have data and secrets. */
const PROGRAM = ['package.json', 'dist', 'node_modules', 'core', 'cascades'];

function rules(entry: URL): string[] {
  const nodeFolder = dirname(process.execPath);
  const program = PROGRAM.map((name) => join(projectRoot(), name));
  const read = [
    ...SYSTEM,
    ...program,
    dirname(fileURLToPath(entry)),
    join(nodeFolder, '..', 'lib'),
    ...(openCvFault('engine') === undefined ? [dirname(openCvAddon('engine'))] : []),
    ...(isRuntimeInstalled() ? [runtimeFolder()] : []),
  ];
  return [
    ...[...LIBRARIES, process.execPath].flatMap((path) => ['--execute', path]),
    ...read.flatMap((path) => ['--read', path]),
    ...PROCESS.flatMap((path) => ['--keep', path]),
    ...['--device', '/dev/null'],
  ];
}
