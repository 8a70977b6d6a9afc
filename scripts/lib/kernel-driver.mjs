import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf, run } from './command.mjs';
import { Problem } from './problem.mjs';
import { projectRoot } from './set-up.mjs';

const SOURCES = join(projectRoot, 'core', 'detection', 'engine', 'native');
const FLAGS = [
  '-std=c++17',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fno-math-errno',
  '-ffp-contract=off',
  '-fwrapv',
];

/**
 * Builds the kernel as a program of its own with another compiler or other flags, in a folder below var/. The sources are
 * those of the addon's binding.gyp, with the driver in the addon's place. Returns the program's path.
 */
export async function buildDriver({ name, compiler, flags, avx2 = false }) {
  if (!outputOf(compiler, ['--version']))
    throw new Problem(
      `${compiler} is missing; on Debian: apt-get install ${debianPackage(compiler)}`,
    );
  const folder = join(projectRoot, 'var', name);
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'driver');
  const objects = [];
  for (const file of readdirSync(SOURCES)) {
    if (!file.endsWith('.cpp') || file === 'addon.cpp') continue;
    const object = join(folder, file.replace(/cpp$/, 'o'));
    const wide = avx2 && file === 'search-avx2.cpp' ? ['-mavx2'] : [];
    await compile([...flags, ...wide, '-c', join(SOURCES, file), '-o', object]);
    objects.push(object);
  }
  await compile([...flags, ...objects, '-o', program]);
  return program;

  function compile(args) {
    return run(compiler, [...FLAGS, ...args], {
      log: join(folder, 'build.log'),
      failure: `The kernel does not build with ${compiler}`,
    });
  }
}

const debianPackage = (compiler) =>
  compiler === 'aarch64-linux-gnu-g++' ? 'g++-aarch64-linux-gnu' : compiler;
