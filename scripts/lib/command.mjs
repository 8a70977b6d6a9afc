import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Problem } from './problem.mjs';

/** What a quick command prints; undefined where it does not exist or fails. */
export function outputOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Whether a quick command ends well. */
export const succeeds = (command, args, options = {}) =>
  spawnSync(command, args, { stdio: 'ignore', ...options }).status === 0;

/**
 * Runs a long command. Its output goes to `log`, a file, and line by line to `onLine`. Throws a Problem
 * that says `failure`, the line of the output that tells most, and where the rest is.
 */
export async function run(command, args, { cwd, env, timeoutMs, log, onLine, failure }) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
  });
  const file = createWriteStream(log, { flags: 'a' });
  file.write(`\n$ ${command} ${args.join(' ')}\n`);
  const lines = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      file.write(`${line}\n`);
      lines.push(line);
      if (lines.length > 200) lines.shift();
      onLine?.(line);
    });
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      lines.push(error.message);
      resolve(-1);
    });
    child.once('close', resolve);
  });
  file.end();
  if (code !== 0)
    throw new Problem(`${failure}: ${tellingLine(lines)} (all of its output: ${log})`);
}

const tellingLine = (lines) =>
  (
    lines.find((line) => /\berror\b.*\w|^E: |fatal/i.test(line) && !/error code/.test(line)) ??
    lines.findLast((line) => line.trim()) ??
    'it said nothing'
  ).trim();
