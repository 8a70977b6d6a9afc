import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { run } from './command.mjs';
import { compilers } from './console.mjs';
import { Problem } from './problem.mjs';

/** @import { Step, Work } from './steps.mjs' */

/**
 * The step that compiles the sources into dist/ if anything changed since the last build without an error.
 * @param {{ root: string }} options
 * @returns {Step}
 */
export function build({ root }) {
  const stamp = join(root, 'dist', '.siteglass-build');
  return {
    title: 'build',
    after: ['npm packages'],
    seconds: 10,
    check: () =>
      newestInput(root) < modifiedAt(stamp) ? undefined : 'build the program into dist/',
    async run(work) {
      const started = new Date();
      removeOrphans(root);
      await compile(root, work);
      mkdirSync(join(root, 'dist'), { recursive: true });
      writeFileSync(stamp, '');
      // What is saved while the compiler runs has to count as newer.
      utimesSync(stamp, started, started);
    },
  };
}

/**
 * Runs the compiler; prints what it printed if it fails.
 * @param {string} root
 * @param {Work} work
 */
async function compile(root, { print, signal, log }) {
  /** @type {string[]} */
  const lines = [];
  try {
    for (const command of compilers(root))
      await run(process.execPath, command, {
        cwd: root,
        signal,
        log,
        failure: 'The program does not compile',
        onLine: (line) => lines.push(line),
      });
  } catch (error) {
    if (signal.aborted) throw error;
    for (const line of lines) print(line);
    throw new Problem('The program does not compile; see above.');
  }
}

/**
 * When a file or folder was last changed, in milliseconds; 0 if there is none.
 * @param {string} path
 */
const modifiedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * When anything that the build depends on was last changed. A folder changes when a file in it comes or goes.
 * @param {string} root
 */
function newestInput(root) {
  /** @type {{ include: string[] }} */
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const folders = [...include, 'console', 'scripts']
    .map((name) => join(root, name))
    .filter((path) => existsSync(path));
  const inside = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(
        (entry) => entry.isDirectory() || /\.(m?tsx?|mjs|json|css|html|svg|jpg)$/.test(entry.name),
      )
      .map((entry) => join(entry.parentPath, entry.name))
      // The addons are compiled there meanwhile; the compiler reads nothing of it.
      .filter((path) => !/\/native(\/|$)/.test(relative(root, path))),
  );
  const settings = ['tsconfig.json', 'package-lock.json'].map((name) => join(root, name));
  return Math.max(...[...settings, ...folders, ...inside].map(modifiedAt));
}

/**
 * Removes what was built from a source that is gone: otherwise a deleted test would go on running.
 * @param {string} root
 */
function removeOrphans(root) {
  const dist = join(root, 'dist');
  if (!existsSync(dist)) return;
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    // What Vite wrote has no source of the same name; it empties its folders itself.
    if (path.startsWith('console/')) continue;
    const [, stem, module] = /^(.*)\.(m?)js(?:\.map)?$/.exec(path) ?? [];
    if (stem === undefined) continue;
    const source = join(root, `${stem}.${module ? 'mjs' : 'ts'}`);
    if (!existsSync(source)) rmSync(join(dist, path));
  }
}
