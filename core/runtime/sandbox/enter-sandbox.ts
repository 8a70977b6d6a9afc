import { readdirSync, readlinkSync } from 'node:fs';
import { LANDLOCK_VARIABLE } from './launch-process.js';
import type { SandboxState } from './sandbox-state.js';

/** More than a worker with its addons has in use before its first image. */
const USUAL_BYTES = 250e6;

/** Calls of a native addon. */
export interface Restrictions {
  /** Bytes of private memory that may be written to; 0 if it is not known. */
  memoryInUse(): number;
  /**
   * Allocations fail that make it more than so many bytes, and no core dumps are written. Returns whether the limit
   * holds.
   */
  capMemory(bytes: number): boolean;
  /** No connections, processes or written files from now on, in all threads. Returns why not; empty if that is so. */
  restrictSyscalls(): string;
}

/**
 * Gives up, in all threads of this process, what it was not started without: system calls, and memory beyond
 * `maxBytes`. Nothing of it comes back. What the kernel does not have is missing in the result.
 */
export function enterSandbox(
  native: Restrictions,
  {
    maxBytes,
    environment,
    hasIoUring = findsIoUring(),
  }: { maxBytes: number; environment: NodeJS.ProcessEnv; hasIoUring?: boolean },
): SandboxState {
  // A build that checks memory accesses reserves terabytes beforehand, and Node.js 24 half a gigabyte for compiled
  // code.
  const inUse = native.memoryInUse();
  const limit = inUse > USUAL_BYTES ? inUse + maxBytes : maxBytes;
  const memoryBytes = native.capMemory(limit) ? limit : 0;
  const landlock = landlockOf(environment[LANDLOCK_VARIABLE]);
  // The event loop would end the process once its calls are refused, and an io_uring evades a filter of calls.
  const seccomp = hasIoUring
    ? 'this Node.js uses io_uring, which the launcher hides from it'
    : native.restrictSyscalls();
  return {
    seccomp: seccomp === '',
    landlock: landlock.version,
    memoryBytes,
    missing: [
      ...(seccomp === '' ? [] : [`seccomp (${seccomp}): ${withoutSeccomp(landlock.version)}`]),
      ...(landlock.version > 0
        ? []
        : [`Landlock (${landlock.reason}): it could read the files of this user`]),
      ...(memoryBytes > 0 ? [] : ['a limit of memory: it could take all of it']),
    ],
  };
}

/** Whether libuv (from 1.48 on) made one for its event loop, as Linux 6.6 and later let it. */
function findsIoUring(folder = '/proc/self/fd'): boolean {
  return readdirSync(folder).some((name) => {
    try {
      return readlinkSync(`${folder}/${name}`) === 'anon_inode:[io_uring]';
    } catch {
      return false;
    }
  });
}

function withoutSeccomp(landlock: number): string {
  if (landlock === 0)
    return 'it could open connections, start programs, write files and signal the service';
  return landlock >= 6 ? 'it could send UDP' : 'it could open connections and signal the service';
}

function landlockOf(state: string | undefined): { version: number; reason: string } {
  if (state === undefined) return { version: 0, reason: 'its launcher is not built' };
  const version = Number(state);
  return version > 0 ? { version, reason: '' } : { version: 0, reason: state };
}
