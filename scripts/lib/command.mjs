import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { Problem } from './problem.mjs';

/** Lines of a command's output that are kept for the message of a failure. */
const KEPT_LINES = 200;
const STOP_DEADLINE_MS = 5_000;

/**
 * What a quick command prints; undefined if it does not exist or fails.
 * @param {string} command
 * @param {string[]} args
 */
export function outputOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Whether a quick command exits with code 0.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} options
 */
export const succeeds = (command, args, options = {}) =>
  spawnSync(command, args, { stdio: 'ignore', ...options }).status === 0;

/**
 * @typedef {object} RunOptions
 * @property {string} log The file that its output is appended to.
 * @property {string} failure What the Problem says if the command fails.
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] Added to this process's environment.
 * @property {number} [timeoutMs] The command is stopped then.
 * @property {NodeJS.Signals} [killSignal] What stops it: SIGTERM, unless it ignores that.
 * @property {AbortSignal} [signal] Stops the command and everything that it started. Ctrl-C reaches it only by this signal.
 * @property {number} [nice] Added to its priority: 5 leaves the processors to commands without it.
 * @property {(line: string) => void} [onLine] Called with each line of its output.
 */

/**
 * Runs a long command. If it fails, throws a Problem with `failure`, the most useful line of the output and the path of
 * the log.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} options
 */
export async function run(command, args, options) {
  const { cwd, env, timeoutMs, killSignal, signal, nice, log, onLine, failure } = options;
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal,
    // A process group of its own, which can be stopped whole.
    detached: signal !== undefined,
  });
  if (nice && child.pid) setPriority(child.pid, nice);
  const watched = stopOn(signal, child);
  const file = createWriteStream(log, { flags: 'a' });
  file.write(`\n$ ${command} ${args.join(' ')}\n`);
  /** @type {string[]} */
  const lines = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      file.write(`${line}\n`);
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      onLine?.(line);
    });
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      lines.push(error.message);
      resolve(-1);
    });
    child.once('close', resolve);
  });
  watched.end();
  file.end();
  if (signal?.aborted) throw new Problem(`${command} was stopped`);
  if (code === 0) return;
  const cause =
    timeoutMs && child.killed ? `not finished within ${timeoutMs / 1000} s` : causeIn(lines);
  throw new Problem(`${failure}: ${cause} (full output: ${log})`);
}

/**
 * Stops the child's process group when the signal is aborted, by force if it does not end in time.
 * @param {AbortSignal | undefined} signal
 * @param {import('node:child_process').ChildProcess} child
 */
function stopOn(signal, child) {
  /** @type {NodeJS.Timeout | undefined} */
  let late;
  const kill = (/** @type {NodeJS.Signals} */ name) => {
    try {
      if (child.pid) process.kill(-child.pid, name);
    } catch {
      // The group has ended already.
    }
  };
  const stop = () => {
    kill('SIGTERM');
    late = setTimeout(() => kill('SIGKILL'), STOP_DEADLINE_MS);
  };
  if (signal?.aborted) stop();
  else signal?.addEventListener('abort', stop);
  return {
    end() {
      signal?.removeEventListener('abort', stop);
      clearTimeout(late);
    },
  };
}

/**
 * The first line that reads as an error, or else the last one.
 * @param {string[]} lines
 */
const causeIn = (lines) =>
  (
    lines.find((line) => /\berror\b.*\w|^E: |fatal/i.test(line) && !/error code/.test(line)) ??
    lines.findLast((line) => line.trim()) ??
    'it printed nothing'
  ).trim();
