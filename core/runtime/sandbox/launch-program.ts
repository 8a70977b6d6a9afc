import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { LIBRARIES, launcherFile, SYSTEM } from './launch-process.js';

export interface ProgramLaunch extends Pick<SpawnOptions, 'stdio'> {
  /** Options of the program. */
  options: string[];
  /** The whole environment. */
  environment?: Record<string, string>;
}

/**
 * Starts a program of the system without new privileges and within Landlock, where the kernel has it: it gets its data
 * through its pipes, reads its libraries alone, writes no file, connects to nothing and signals no other process.
 */
export function launchProgram(
  file: string,
  { options, environment = {}, stdio }: ProgramLaunch,
): ChildProcess {
  const common: SpawnOptions = { env: environment, cwd: '/', ...(stdio && { stdio }) };
  const launcher = launcherFile();
  if (!existsSync(launcher)) return spawn(file, options, common);
  const rules = [
    ...[...LIBRARIES, file].flatMap((path) => ['--execute', path]),
    ...SYSTEM.flatMap((path) => ['--read', path]),
    ...['--device', '/dev/null'],
  ];
  return spawn(launcher, [...rules, '--', file, ...options], common);
}
