import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../core/runtime/project-root.js';
import { outputOf, run } from '../../scripts/lib/command.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';

const SOURCES = join(projectRoot(), 'core', 'detection', 'engine', 'native');
const FLAGS = [
  '-std=c++17',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fno-math-errno',
  '-ffp-contract=off',
  '-fwrapv',
];

interface DriverOptions {
  /** Of the folder below var/. */
  name: string;
  compiler: string;
  flags: string[];
  avx2?: boolean;
}

/**
 * Compiles the kernel as a separate program with another compiler or other flags. The sources are those of the addon's
 * binding.gyp, with the driver in place of the addon. Resolves with the program's path.
 */
export async function buildDriver({
  name,
  compiler,
  flags,
  avx2 = false,
}: DriverOptions): Promise<string> {
  if (!outputOf(compiler, ['--version']))
    throw new Problem(
      `${compiler} is missing; on Debian: apt-get install ${debianPackage(compiler)}`,
    );
  const folder = join(projectRoot(), 'var', name);
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'driver');
  const objects: string[] = [];
  for (const file of readdirSync(SOURCES)) {
    if (!file.endsWith('.cpp') || file === 'addon.cpp') continue;
    const object = join(folder, file.replace(/cpp$/, 'o'));
    const wide = avx2 && file === 'search-avx2.cpp' ? ['-mavx2'] : [];
    await compile([...flags, ...wide, '-c', join(SOURCES, file), '-o', object]);
    objects.push(object);
  }
  await compile([...flags, ...objects, '-o', program]);
  return program;

  function compile(args: string[]): Promise<void> {
    return run(compiler, [...FLAGS, ...args], {
      log: join(folder, 'build.log'),
      failure: `The kernel does not compile with ${compiler}`,
    });
  }
}

const debianPackage = (compiler: string): string =>
  compiler === 'aarch64-linux-gnu-g++' ? 'g++-aarch64-linux-gnu' : compiler;
