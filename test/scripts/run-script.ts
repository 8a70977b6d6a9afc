import { execFile } from 'node:child_process';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A small project in a folder of its own: the real scripts and packages, and the given files. */
export async function projectCopy(
  t: ExecutionContext,
  files: Record<string, string> = {},
): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const name of ['scripts', 'package.json', 'package-lock.json', 'tsconfig.json'])
    await cp(join(projectRoot(), name), join(folder, name), { recursive: true });
  const addons = [
    'detection/engine',
    'detection/decoder',
    'runtime/identity',
    'runtime/sandbox',
  ].map((part) => join('core', part, 'native'));
  for (const addon of addons) await mkdir(dirname(join(folder, addon)), { recursive: true });
  for (const built of ['node_modules', ...addons])
    await symlink(join(projectRoot(), built), join(folder, built));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs one of the scripts of a project's folder to its end. */
export function runScript(
  folder: string,
  script: string,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(folder, 'scripts', script), ...args],
      { cwd: folder, env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env } },
      (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}
