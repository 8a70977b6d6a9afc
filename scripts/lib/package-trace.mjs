import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** A package's name, with whatever path into it follows. */
const NAMED = /['"]((?:@[\w.-]+\/)?\w[\w.-]*)(?:\/[^'"]*)?['"]/;
const RELATIVE = /['"](\.{1,2}\/[^'"\n]+\.js)['"]/g;
const IMPORTED = new RegExp(
  `(?:\\bfrom|\\bimport|\\bimport\\(|\\.resolve\\()\\s*${NAMED.source}`,
  'g',
);

/**
 * What a built program is made of: its files below `dist`, from its entry along everything that a file names by a
 * relative path (imports, and the entries of the processes that it forks), and the npm packages that those import.
 */
export function trace(dist, entry) {
  const files = new Set();
  const packages = new Set();
  const visit = (file) => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, path] of text.matchAll(RELATIVE)) {
      const next = join(dirname(file), path);
      if (existsSync(next)) visit(next);
    }
    for (const [, name] of text.matchAll(IMPORTED)) packages.add(name);
  };
  visit(join(dist, entry));
  return {
    files: [...files].map((file) => relative(dist, file)).sort(),
    packages: [...packages].sort(),
  };
}

/**
 * The folders of the named packages and of all that they need, as package-lock.json has them. `without` names, by
 * package, dependencies that only its installation needs.
 */
export function closure(locked, names, without = {}) {
  const found = new Set();
  const visit = (name, from) => {
    const path = placeOf(locked, name, from);
    if (path === undefined || found.has(path)) return;
    found.add(path);
    const { dependencies = {}, optionalDependencies = {} } = locked[path];
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies }))
      if (!without[name]?.includes(next)) visit(next, path);
  };
  for (const name of names) visit(name, '');
  return [...found].sort();
}

/** Where Node finds a package that a file in `from` imports: the nearest node_modules above it that has it. */
function placeOf(locked, name, from) {
  for (let folder = from; ; folder = folder.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    const path = `${folder ? `${folder}/` : ''}node_modules/${name}`;
    if (path in locked) return path;
    if (folder === '') return undefined;
  }
}
