import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../project-root.js';

/** Set by the launcher: the version of Landlock that holds, or why none does. */
export const LANDLOCK_VARIABLE = 'SITEGLASS_LANDLOCK';

/** The built `native/launcher.cpp`. */
export const launcherFile = (): string =>
  join(projectRoot(), 'core/runtime/sandbox/native/build/Release/worker-launcher');

export interface Launch extends Pick<ForkOptions, 'stdio' | 'serialization'> {
  /** The whole environment. */
  environment: Record<string, string>;
  /** Options of Node.js. */
  flags: string[];
  /** Files and folders that it may read beside the program, Node.js and their libraries. */
  read?: string[];
  /** Devices that it may open. */
  devices?: string[];
  /** TCP ports that it may connect to. */
  connect?: number[];
}

/**
 * Starts a process like `fork`, without new privileges and within Landlock, where the kernel has it. It writes no file,
 * reads what it needs alone, neither listens nor connects over TCP, and signals no other process.
 */
export function launchProcess(
  entry: URL,
  { environment, flags, read = [], devices = [], connect = [], ...options }: Launch,
): ChildProcess {
  const launcher = launcherFile();
  const common = { ...options, env: environment };
  if (!existsSync(launcher)) return fork(entry, { ...common, execArgv: flags });
  const rules = [
    ...named('--execute', [...LIBRARIES, process.execPath]),
    ...named('--read', [...SYSTEM, ...programFiles(entry), ...read]),
    ...named('--keep', OWN_CONDITION),
    ...named('--device', ['/dev/null', ...devices]),
    ...named('--connect', connect.map(String)),
  ];
  return fork(entry, {
    ...common,
    execPath: launcher,
    execArgv: [...rules, '--', process.execPath, ...flags],
  });
}

const named = (option: string, values: string[]): string[] =>
  values.flatMap((value) => [option, value]);

/** Nothing in these folders belongs to a user or a service. */
export const LIBRARIES = ['/usr', '/lib', '/lib64'];
/** What the C library, OpenSSL, V8 and the engines read of the system. */
export const SYSTEM = [
  ...['/etc/ld.so.cache', '/etc/ld.so.preload', '/etc/ssl/openssl.cnf', '/etc/localtime'],
  ...['/sys/devices/system', '/sys/fs/cgroup', '/sys/kernel/mm/transparent_hugepage'],
  ...['/dev/urandom', '/dev/zero'],
];
const OWN_CONDITION = [
  ...['/proc/self', '/proc/meminfo', '/proc/cpuinfo', '/proc/stat', '/proc/version'],
  '/proc/sys/vm/overcommit_memory',
];
/** Of the program's folder: in a checkout, it may also have data and secrets. */
const PROGRAM = ['package.json', 'dist', 'node_modules', 'core', 'cascades'];

const programFiles = (entry: URL): string[] => [
  ...PROGRAM.map((name) => join(projectRoot(), name)),
  dirname(fileURLToPath(entry)),
  join(dirname(process.execPath), '..', 'lib'),
];
