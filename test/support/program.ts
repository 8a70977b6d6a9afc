import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';

/** The part of a test that is needed here, so that other programs can run one too. */
export type Teardown = Pick<ExecutionContext, 'teardown'>;

export type ProgramName = 'edge' | 'cloud-relay';

/** A line of a program's log. */
export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

/** A program as an operator runs it: a process of its own, with what it printed and how it ended. */
export interface RunningProgram {
  child: ChildProcess;
  /** Lines of stdout so far; those that are JSON are in `log`, too. */
  lines: string[];
  log: LogLine[];
  errors: () => string;
  /** Resolves with the first line of the log that fits, also an earlier one. Rejects where the program ends before. */
  logged(fits: (line: LogLine) => boolean): Promise<LogLine>;
  /** Resolves with the exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
  /** Sends a signal and resolves as `ended` does. */
  end(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/**
 * Runs a program with arguments of the command line, from the folder that `root` names. It is killed at the latest when the
 * test ends.
 */
export function runProgram(
  t: Teardown,
  name: ProgramName,
  args: string[],
  environment: Record<string, string> = {},
  root = projectRoot(),
): RunningProgram {
  const main = join(root, 'dist', name, 'main.js');
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...environment },
  });
  const lines: string[] = [];
  const log: LogLine[] = [];
  const watchers = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine);
    for (const look of watchers) look();
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = once(child, 'close').then(
    ([code, signal]) => (signal ?? code) as number | NodeJS.Signals,
  );
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    child,
    lines,
    log,
    errors: () => errors,
    ended,
    end(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
    logged: (fits) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const line = log.find(fits);
          if (line) resolve(line);
          return line !== undefined;
        };
        if (look()) return;
        watchers.add(look);
        void ended.then((how) =>
          look() ? undefined : reject(new Error(`it ended with ${how}: ${lines.at(-1)} ${errors}`)),
        );
      }),
  };
}

/** Runs a program that ends by itself. */
export async function runToEnd(
  t: Teardown,
  name: ProgramName,
  args: string[],
  environment: Record<string, string> = {},
  root = projectRoot(),
) {
  const program = runProgram(t, name, args, environment, root);
  const code = await program.ended;
  return { code, output: program.lines.join('\n'), log: program.log, errors: program.errors() };
}

/** Where a started program serves HTTP. */
export const urlOf = async (program: RunningProgram): Promise<string> =>
  plainTextUrlOf(await program.logged(({ msg }) => msg === 'listening'));

/** Of a line `listening`. Plain text is served to this machine, whatever the settings say. */
export const plainTextUrlOf = ({ plainTextUrl, url }: Record<string, unknown>): string =>
  String(plainTextUrl ?? url);

/** Children of a process, from /proc: its detection workers. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
