import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { LockedPackage } from '../../scripts/lib/npm-packages.mjs';

type LockedPackages = Record<string, LockedPackage>;

/** A package's name, and the path in it that may follow. */
const NAMED = /['"]((?:@[\w.-]+\/)?\w[\w.-]*)(?:\/[^'"]*)?['"]/;
const RELATIVE = /['"](\.{1,2}\/[^'"\n]+\.js)['"]/g;
const IMPORTED = new RegExp(
  `(?:\\bfrom|\\bimport|\\bimport\\(|\\.resolve\\()\\s*${NAMED.source}`,
  'g',
);

export interface ProgramParts {
  /** Below the folder of the build. */
  files: string[];
  packages: string[];
}

/**
 * The parts of a built program: from its entry, all files below `dist` that a file names by a relative path (imports, and
 * the entries of the processes that it forks), and the npm packages that those import.
 */
export function trace(dist: string, entry: string): ProgramParts {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, path = ''] of text.matchAll(RELATIVE)) {
      const next = join(dirname(file), path);
      if (existsSync(next)) visit(next);
    }
    for (const [, name = ''] of text.matchAll(IMPORTED)) packages.add(name);
  };
  visit(join(dist, entry));
  return {
    files: [...files].map((file) => relative(dist, file)).sort(),
    packages: [...packages].sort(),
  };
}

/**
 * The folders of the named packages and of all their dependencies, as package-lock.json has them. `without` names, by
 * package, dependencies that only its installation needs.
 */
export function closure(
  locked: LockedPackages,
  names: Iterable<string>,
  without: Record<string, string[]> = {},
): string[] {
  const found = new Set<string>();
  const visit = (name: string, from: string) => {
    const path = placeOf(locked, name, from);
    if (path === undefined || found.has(path)) return;
    found.add(path);
    const { dependencies = {}, optionalDependencies = {} } = locked[path] ?? {};
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies }))
      if (!without[name]?.includes(next)) visit(next, path);
  };
  for (const name of names) visit(name, '');
  return [...found].sort();
}

/** The package that Node.js loads if a file in `from` imports `name`: the one in the nearest node_modules above. */
function placeOf(locked: LockedPackages, name: string, from: string): string | undefined {
  for (let folder = from; ; folder = folder.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    const path = `${folder ? `${folder}/` : ''}node_modules/${name}`;
    if (path in locked) return path;
    if (folder === '') return undefined;
  }
}
