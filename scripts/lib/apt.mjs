import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './command.mjs';
import { Problem } from './problem.mjs';

/** @import { RunOptions } from './command.mjs' */

/**
 * @typedef {object} AptOptions
 * @property {string[]} [prefix] The words before a command that run it as root.
 * @property {(line: string) => void} print
 * @property {AbortSignal} [stop] Ends the wait for a lock. A running apt-get is never stopped: it would leave packages
 *   half installed.
 * @property {number} [waitMs] How long to wait for a lock.
 * @property {number} [retryMs]
 */

/** Another program had one of apt's or dpkg's locks for too long. */
export class LockHeld extends Problem {}

/**
 * Runs apt-get. While another program has one of the locks that it needs, waits and tries again, up to `waitMs`. The option
 * DPkg::Lock::Timeout is not enough: it does not cover the locks of the package lists and of downloaded packages.
 * @param {string[]} args
 * @param {Omit<RunOptions, 'signal'> & AptOptions} options
 */
export async function aptGet(args, options) {
  const { prefix = [], print, stop, waitMs = 10 * 60_000, retryMs = 2_000, ...rest } = options;
  // The output is parsed, so it has to be English.
  const environment = ['env', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive'];
  const [command = '', ...words] = [...prefix, ...environment, 'apt-get', ...args];
  const deadline = Date.now() + waitMs;
  for (let shown = ''; ; ) {
    stop?.throwIfAborted();
    /** @type {string | undefined} */
    let held;
    const onLine = (/** @type {string} */ line) => {
      held ??= heldLock(line);
      rest.onLine?.(line);
    };
    try {
      return await run(command, words, { ...rest, onLine });
    } catch (error) {
      if (held === undefined) throw error;
    }
    if (Date.now() >= deadline) throw new LockHeld(`${held}, and does not end; try again later.`);
    if (held !== shown) print(`  ${held}; waiting for it.`);
    shown = held;
    await sleep(retryMs, undefined, { signal: stop });
  }
}

/**
 * Who has a lock, if the line says that apt-get or dpkg did not get it.
 * @param {string} line
 */
function heldLock(line) {
  const [, file, rest = ''] = /Could not get lock (\/\S+?)\.?(?:\s(.*))?$/.exec(line) ?? [];
  const [, database, pid] =
    /dpkg: error: (.+) was locked by another process with pid (\d+)/.exec(line) ?? [];
  if (database) return `Process ${pid} has the ${database}`;
  if (!file) return undefined;
  const [, holder, name] = /held by process (\d+)(?: \((.+)\))?/.exec(rest) ?? [];
  const who = name ? `${name} (process ${holder})` : holder ? `Process ${holder}` : 'A program';
  return `${who} has the lock ${file}`;
}
