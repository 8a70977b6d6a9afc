import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parse } from 'yaml';
import { RUNTIME_INTERFACE } from '../../core/detection/onnx/runtime-package.js';
import { ADDON_INTERFACE } from '../../core/opencv/opencv-addon.js';
import type { Manifest } from '../../core/runtime/installation.js';
import { outputOf } from '../../scripts/lib/command.mjs';
import { readPackages } from '../../scripts/lib/npm-packages.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';
import { ADDON_FILES, NODE_ARCHITECTURES, OPENCV_FILES } from './addons.js';
import { type SbomSource, sbomOf } from './sbom.js';
import { closure, trace } from './trace.js';

export type Program = keyof typeof ENTRIES;

const ENTRIES = { edge: 'edge/main.js', relay: 'cloud-relay/main.js' };
const OPENCV = '@u4/opencv4nodejs';
const SQLITE = 'better-sqlite3';
/** Its package has the addons of all platforms, compiled for the stable interface of Node.js. */
const ARGON2 = 'argon2';
/** Its package has the addons of all platforms. */
const ONNX = 'onnxruntime-node';

/** Dependencies that only a package's installation, its types or its command line needs. */
const NOT_AT_RUN_TIME: Record<string, string[]> = {
  [OPENCV]: ['@u4/opencv-build', 'glob', 'nan', 'node-gyp', 'picocolors'],
  [SQLITE]: ['prebuild-install'],
  [ARGON2]: ['cross-env', 'node-addon-api'],
  '@zxcvbn-ts/language-common': ['@zxcvbn-ts/dictionary-compression'],
  handlebars: ['uglify-js'],
  [ONNX]: ['adm-zip', 'global-agent'],
  'swagger-ui-dist': ['@scarf/scarf'],
};

/** The used files of packages that are not copied whole. The compiled addons are copied separately. */
const ONLY: Record<string, string[]> = {
  // Its main file is never loaded, but the lookup of the package needs it.
  [OPENCV]: ['package.json', 'LICENSE', 'cjs/lib/opencv4nodejs.js'],
  [SQLITE]: ['package.json', 'LICENSE', 'lib'],
  [ARGON2]: ['package.json', 'LICENSE', 'argon2.cjs'],
  '@zxcvbn-ts/language-common': ['package.json', 'LICENSE.txt', 'src/passwords.json'],
  // Without dist/*.d.ts and maps; the addon of one platform is copied separately.
  [ONNX]: [
    'package.json',
    ...['backend', 'binding', 'index', 'version'].map((name) => `dist/${name}.js`),
  ],
  'swagger-ui-dist': [
    ...['package.json', 'LICENSE', 'NOTICE', 'index.js', 'absolute-path.js', 'favicon-32x32.png'],
    ...['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-standalone-preset.js'],
  ],
};

/** What packages that are copied whole have for browsers and other loaders; Node.js loads none of it. */
const NOT_FOR_NODE: Record<string, string[]> = {
  axios: ['dist/axios.js', 'dist/axios.min.js', 'dist/browser', 'dist/esm'],
  handlebars: [
    'bin',
    'dist/amd',
    ...['handlebars', 'handlebars.amd', 'handlebars.runtime', 'handlebars.runtime.amd'].flatMap(
      (file) => [`dist/${file}.js`, `dist/${file}.min.js`],
    ),
  ],
  lodash: ['core.min.js', 'lodash.min.js'],
  mqtt: ['dist', 'help'],
  'node-forge': ['dist', 'flash'],
  'source-map': ['dist'],
  xml2js: ['lib/xml2js.bc.js'],
};

/** Types, maps, sources, descriptions and settings of tools. Licences stay. */
const UNUSED = /(^\.[^.].*|\.([cm]?ts|map|flow|gypi?|c|cc|cpp|h|hpp|md|markdown|html))$/i;
/** Folders that packages publish by oversight. */
const UNUSED_FOLDERS = /^(tests?|__tests__|benchmarks?|examples?|coverage)$/i;
const LICENCE = /^(licen[cs]e|notice|copying)/i;

/** This machine's, by Debian's name. */
const OWN_ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

/** The addon of argon2, by Debian's name of an architecture. */
const ARGON2_FILES: Record<string, string> = {
  amd64: 'prebuilds/linux-x64/argon2.glibc.node',
  arm64: 'prebuilds/linux-arm64/argon2.armv8.glibc.node',
};

/** Debian's libraries that the addons are linked to. */
const LINKED = ['nodejs', 'libjpeg62-turbo', 'libpng16-16t64', 'libwebp7', 'libc6', 'libstdc++6'];
const LINKED_OPENCV = ['core', 'imgcodecs', 'imgproc', 'objdetect', 'videoio'].map(
  (part) => `libopencv-${part}410`,
);

type Copy = (path: string, options?: { filter?: (source: string) => boolean }) => void;

/** The libraries that are part of the pages; their folders are not needed. */
const IN_PAGES = ['preact', 'preact-iso', '@preact/signals', 'uplot', 'cronstrue'];

/**
 * Writes the folder that one program runs from: its own compiled files, its detectors, the packages that it loads, and the
 * addons for one architecture, by Debian's name. The program finds the folder by its package.json, as it does in a checkout.
 */
export function writeTree(
  root: string,
  program: Program,
  { out, version, arch = OWN_ARCHITECTURE }: { out: string; version: string; arch?: string },
): void {
  const argon2 = ARGON2_FILES[arch];
  if (!argon2) throw new Problem(`argon2 has no addon for the architecture ${arch}.`);
  const { files, packages } = trace(join(root, 'dist'), ENTRIES[program]);
  const copy: Copy = (path, options) =>
    cpSync(join(root, path), join(out, path), { recursive: true, ...options });
  startTree(out, { name: `siteglass-${program}`, version, private: true, type: 'module' });
  for (const file of files) copy(join('dist', file));
  copy(join('dist', 'console', program));
  setInterpreter(join(out, 'dist', ENTRIES[program]));
  const addons = [...Object.values(ADDON_FILES), join('node_modules', ARGON2, argon2)];
  for (const path of ['cascades', ...openCvCascades(root), ...addons]) copy(path);
  const locked = readPackages(join(root, 'package-lock.json')) ?? {};
  const paths = closure(locked, [...packages, OPENCV], NOT_AT_RUN_TIME).filter(
    (path) => !path.includes('node_modules/@types/'),
  );
  for (const path of paths) copyPackage(root, path, copy);
  const bundled = closure(locked, IN_PAGES, NOT_AT_RUN_TIME);
  writeSbom(root, out, {
    name: `siteglass-${program}`,
    version,
    paths: [...new Set([...paths, ...bundled])],
    libraries: LINKED,
  });
}

/** Writes what a package consists of beside its folder; debhelper puts it into the package's documentation. */
function writeSbom(
  root: string,
  out: string,
  { libraries, ...source }: Omit<SbomSource, 'debian'> & { libraries: string[] },
): void {
  const folder = `${out}-sbom`;
  mkdirSync(folder, { recursive: true });
  const debian = libraries.map((name) => ({ name, version: installedVersion(name) }));
  writeFileSync(join(folder, 'sbom.cdx.json'), sbomOf(root, { ...source, debian }));
}

function installedVersion(name: string): string | undefined {
  const found = outputOf('dpkg-query', ['--show', `--showformat=\${Version}`, name]);
  return found === undefined || found === '' ? undefined : found;
}

/** Writes the folder of siteglass-opencv: both addons, and what the programs check before they load one. */
export function writeOpenCvTree(
  root: string,
  { out, version }: { out: string; version: string },
): void {
  startTree(out, { name: 'siteglass-opencv', version, private: true, interface: ADDON_INTERFACE });
  for (const [part, file] of Object.entries(OPENCV_FILES))
    cpSync(join(root, file), join(out, `${part}.node`));
  cpSync(join(root, 'node_modules', OPENCV, 'LICENSE'), join(out, 'LICENSE'));
  const paths = [join('node_modules', OPENCV)];
  const libraries = ['nodejs', ...LINKED_OPENCV];
  writeSbom(root, out, { name: 'siteglass-opencv', version, paths, libraries });
}

/** Writes the folder of siteglass-onnx: ONNX Runtime for one architecture, by Debian's name. */
export function writeOnnxTree(
  root: string,
  { out, version, arch }: { out: string; version: string; arch: string },
): void {
  startTree(out, { name: 'siteglass-onnx', version, private: true, interface: RUNTIME_INTERFACE });
  const copy: Copy = (path, options) =>
    cpSync(join(root, path), join(out, path), { recursive: true, ...options });
  const locked = readPackages(join(root, 'package-lock.json')) ?? {};
  const paths = closure(locked, [ONNX], NOT_AT_RUN_TIME);
  for (const path of paths) copyPackage(root, path, copy);
  writeSbom(root, out, { name: 'siteglass-onnx', version, paths, libraries: ['nodejs'] });
  const addon = join('bin/napi-v6/linux', NODE_ARCHITECTURES[arch] ?? arch);
  copy(join('node_modules', ONNX, addon));
}

function startTree(out: string, manifest: Manifest & { private: true; type?: 'module' }): void {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function copyPackage(root: string, path: string, copy: Copy): void {
  const name = path.replace(/^.*node_modules\//, '');
  const only = ONLY[name];
  if (only) {
    for (const part of only) copy(join(path, part));
    return;
  }
  const left = NOT_FOR_NODE[name] ?? [];
  const filter = (source: string) => {
    const inside = relative(join(root, path), source);
    if (left.includes(inside)) return false;
    // Nested packages are copied only if something needs them.
    if (inside === 'node_modules' || UNUSED_FOLDERS.test(inside)) return false;
    return LICENCE.test(basename(source)) || !UNUSED.test(basename(source));
  };
  copy(path, { filter });
}

/** The paths of OpenCV's own cascades that the manifest names. */
function openCvCascades(root: string): string[] {
  const manifest = readFileSync(join(root, 'cascades', 'manifest.yaml'), 'utf8');
  const { detectors }: { detectors: { origin: string; file: string }[] } = parse(manifest);
  return detectors
    .filter(({ origin }) => origin === 'opencv')
    .map(({ file }) => join('node_modules', OPENCV, 'src', 'lib', file));
}

/** Sets Debian's Node.js, which the addons are compiled for, whatever else is in a user's path. */
function setInterpreter(file: string): void {
  const text = readFileSync(file, 'utf8');
  const first = /^(#!\/usr\/bin\/env -S (?:[A-Z_]+=\d+ )*)node /;
  if (!first.test(text))
    throw new Problem(`${file} does not begin with the line that names its interpreter.`);
  writeFileSync(file, text.replace(first, '$1/usr/bin/node '));
  chmodSync(file, 0o755);
}
