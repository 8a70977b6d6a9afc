import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { projectRoot } from '../../core/runtime/project-root.js';

/** A source file's imports, type imports included: paths from the project's root, or the names of packages. */
export interface SourceFile {
  path: string;
  imports: string[];
}

const SPECIFIER =
  /(?:\bfrom|\bimport|\bimport\()\s*'([^']+)'|new URL\('(\.[^']+\.js)',\s*import\.meta\.url\)/g;

/** The imports in `text`, which stands at `path`. */
export function importsOf(path: string, text: string): string[] {
  const specifiers = [...text.matchAll(SPECIFIER)].map((match) => match[1] ?? match[2] ?? '');
  return specifiers.map((specifier) =>
    specifier.startsWith('.')
      ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')
      : specifier,
  );
}

/** Every TypeScript source below the given folders of the project. */
export function sourcesIn(folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(projectRoot(), folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => {
        const path = posix.join(folder, name);
        return { path, imports: importsOf(path, readFileSync(join(projectRoot(), path), 'utf8')) };
      }),
  );
}

/** The first cycle found, as the paths along it; undefined if there is none. */
export function cycleIn(files: SourceFile[]): string[] | undefined {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of byPath.get(path)?.imports ?? []) {
      const cycle = byPath.has(next) ? visit(next, [...trail, path]) : undefined;
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of files) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return undefined;
}
