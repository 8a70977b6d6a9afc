import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The programs with pages: each is a mode of console/vite.config.ts. */
const PROGRAMS = ['edge', 'relay'];

/**
 * The commands that build dist/ after one another, as arguments of Node.js.
 * @param {string} root
 * @returns {string[][]}
 */
export function compilers(root) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const programs = [[tsc, '--project', 'tsconfig.json']];
  const settings = join('console', 'vite.config.ts');
  if (!existsSync(join(root, settings))) return programs;
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  return [
    ...programs,
    [tsc, '--project', join('console', 'tsconfig.json')],
    ...PROGRAMS.map((mode) => [vite, 'build', '--config', settings, '--mode', mode]),
  ];
}
