import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative } from 'node:path';
import { ADDON_FILES } from './package-addons.mjs';
import { closure, trace } from './package-trace.mjs';
import { Problem } from './problem.mjs';

const ENTRIES = { edge: 'edge/main.js', relay: 'cloud-relay/main.js' };
const OPENCV = '@u4/opencv4nodejs';
const SQLITE = 'better-sqlite3';

/** Dependencies that only a package's installation, its types or its command line needs. */
const NOT_AT_RUN_TIME = {
  [OPENCV]: ['@u4/opencv-build', 'glob', 'nan', 'node-gyp', 'picocolors'],
  [SQLITE]: ['prebuild-install'],
  handlebars: ['uglify-js'],
  'swagger-ui-dist': ['@scarf/scarf'],
};

/** Of these packages nothing else is used; the addon itself, in place of whatever was compiled, comes on top. */
const ONLY = {
  // Its main file is never loaded, but it has to stand where the package is looked for.
  [OPENCV]: ['package.json', 'LICENSE', 'cjs/lib/opencv4nodejs.js'],
  [SQLITE]: ['package.json', 'LICENSE', 'lib'],
  'swagger-ui-dist': [
    ...['package.json', 'LICENSE', 'NOTICE', 'index.js', 'absolute-path.js', 'favicon-32x32.png'],
    ...['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-standalone-preset.js'],
  ],
};

/** Types, maps, sources, descriptions and settings of tools; folders that packages ship by oversight. Licences stay. */
const UNUSED = /(^\.[^.].*|\.([cm]?ts|map|flow|gypi?|c|cc|cpp|h|hpp|md|markdown|html))$/i;
const UNUSED_FOLDERS = /^(tests?|__tests__|benchmarks?|examples?|coverage)$/i;
const LICENCE = /^(licen[cs]e|notice|copying)/i;

export function installPackages(root) {
  run('npm', ['ci', '--ignore-scripts', '--no-progress', '--no-audit', '--no-fund'], root);
}

export function compileProgram(root) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  run(process.execPath, [compiler, '--project', 'tsconfig.json'], root);
}

/**
 * Writes the folder that one program runs from: what is compiled of its own, its detectors, the packages that it loads,
 * and the addons. It is found by the package.json in it, as a checkout is.
 */
export function writeTree(root, program, { out, version }) {
  const { files, packages } = trace(join(root, 'dist'), ENTRIES[program]);
  const copy = (path, options) =>
    cpSync(join(root, path), join(out, path), { recursive: true, ...options });
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const manifest = { name: `siteglass-${program}`, version, private: true, type: 'module' };
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of files) copy(join('dist', file));
  setInterpreter(join(out, 'dist', ENTRIES[program]));
  for (const path of ['cascades', ...openCvCascades(root), ...Object.values(ADDON_FILES)])
    copy(path);
  const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const path of closure(locked, [...packages, OPENCV], NOT_AT_RUN_TIME))
    if (!path.includes('node_modules/@types/')) copyPackage(root, path, copy);
}

function copyPackage(root, path, copy) {
  const name = path.replace(/^.*node_modules\//, '');
  if (ONLY[name]) {
    for (const part of ONLY[name]) copy(join(path, part));
    return;
  }
  const filter = (source) => {
    const inside = relative(join(root, path), source);
    // Packages within are copied where something needs them.
    if (inside === 'node_modules' || UNUSED_FOLDERS.test(inside)) return false;
    return LICENCE.test(basename(source)) || !UNUSED.test(basename(source));
  };
  copy(path, { filter });
}

/** Those of OpenCV's own cascades that the manifest names. */
function openCvCascades(root) {
  const { parse } = createRequire(join(root, 'package.json'))('yaml');
  const { detectors } = parse(readFileSync(join(root, 'cascades', 'manifest.yaml'), 'utf8'));
  return detectors
    .filter(({ origin }) => origin === 'opencv')
    .map(({ file }) => join('node_modules', OPENCV, 'src', 'lib', file));
}

/** Debian's Node.js, which the addons are compiled for, whatever else a user has in the path. */
function setInterpreter(file) {
  const text = readFileSync(file, 'utf8');
  const first = /^(#!\/usr\/bin\/env -S (?:[A-Z_]+=\d+ )*)node /;
  if (!first.test(text)) throw new Problem(`${file} does not begin with the interpreter's name.`);
  writeFileSync(file, text.replace(first, '$1/usr/bin/node '));
  chmodSync(file, 0o755);
}

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (error || status !== 0)
    throw new Problem(`${command} ${args[0]} failed (${error?.message ?? status}); see above.`);
}
