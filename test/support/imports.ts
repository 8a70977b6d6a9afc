import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { projectRoot } from '../../core/runtime/project-root.js';

export interface Import {
  /** A path from the project's root, or the name of a package. */
  target: string;
  /** Erased when compiled, so that the target is not loaded. */
  isType: boolean;
}

export interface SourceFile {
  /** From the project's root. */
  path: string;
  imports: Import[];
}

const STATEMENT = /^(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm;
const EXPRESSION = /\b(?:import|require)\(\s*'([^']+)'/g;

/** The imports, static and dynamic, in `text`, which stands at `path`. Processes that it starts do not count. */
export function sourceFile(path: string, text: string): SourceFile {
  const statements = [...text.matchAll(STATEMENT)].map(([, type, from, bare]) => ({
    specifier: from ?? bare ?? '',
    isType: type !== undefined,
  }));
  const expressions = [...text.matchAll(EXPRESSION)].map(([, specifier = '']) => ({
    specifier,
    isType: false,
  }));
  const imports = [...statements, ...expressions].map(({ specifier, isType }) => ({
    target: specifier.startsWith('.')
      ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')
      : specifier,
    isType,
  }));
  return { path, imports };
}

/** Every TypeScript source below the given folders of the project. */
export function sourcesIn(folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(projectRoot(), folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => posix.join(folder, name))
      .map((path) => sourceFile(path, readFileSync(join(projectRoot(), path), 'utf8'))),
  );
}

/** The first cycle found, type imports included, as the paths along it; undefined if there is none. */
export function cycleIn(files: SourceFile[]): string[] | undefined {
  // An import names a module as compiled: which of both it is made of is not visible there.
  const byPath = new Map(files.map((file) => [file.path.replace(/\.tsx$/, '.ts'), file]));
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const { target } of byPath.get(path)?.imports ?? []) {
      const cycle = byPath.has(target) ? visit(target, [...trail, path]) : undefined;
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of byPath.keys()) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** What a process loads that starts with the file at `entry`. */
export function loadedFrom(entry: string, files: SourceFile[]): Set<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const loaded = new Set<string>();
  const visit = (path: string) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { target, isType } of byPath.get(path)?.imports ?? []) if (!isType) visit(target);
  };
  visit(entry);
  return loaded;
}
