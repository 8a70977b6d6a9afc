import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { outputOf } from './command.mjs';
import { Problem } from './problem.mjs';

/**
 * @typedef {object} RepositoryOptions
 * @property {string} packages The folder with the packages.
 * @property {string} out The folder of the repository. Packages that are in it stay, as earlier versions.
 * @property {string} url Where the folder will be served.
 * @property {string} key Of gpg: its id or address.
 * @property {number} [time] Milliseconds; of the release.
 */

/**
 * Writes a flat APT repository (sources.list(5): a suite that ends with `/`), and `siteglass.sources`, with which apt knows
 * the repository and its key. Returns the paths of what it wrote. Each index replaces the one before as a whole.
 * @param {RepositoryOptions} options
 */
export function makeRepository({ packages, out, url, key, time = Date.now() }) {
  const found = existsSync(packages) ? debsIn(packages) : [];
  if (found.length === 0)
    throw new Problem(`${packages} has no packages; to build them: npm run package`);
  const armored = publicKey(key);
  mkdirSync(out, { recursive: true });
  for (const name of found) copyFileSync(join(packages, name), join(out, name));
  const index = debsIn(out)
    .map((name) => stanza(out, name))
    .join('\n');
  const indexes = { Packages: Buffer.from(index), 'Packages.gz': gzipSync(index, { level: 9 }) };
  const release = releaseOf(indexes, time);
  const files = {
    ...indexes,
    Release: Buffer.from(release),
    'Release.gpg': signed(key, ['--armor', '--detach-sign'], release),
    InRelease: signed(key, ['--clear-sign'], release),
    'siteglass.sources': Buffer.from(sourcesOf(url, armored)),
  };
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(join(out, `.${name}.next`), bytes);
    renameSync(join(out, `.${name}.next`), join(out, name));
  }
  return [...found, ...Object.keys(files)].map((name) => join(out, name));
}

/** @param {string} folder */
const debsIn = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.deb'))
    .sort();

/**
 * What the index says about a package: its own fields, and which file it is.
 * @param {string} folder
 * @param {string} name
 */
function stanza(folder, name) {
  const control = outputOf('dpkg-deb', ['--field', join(folder, name)]);
  if (control === undefined) throw new Problem(`${join(folder, name)} is not a Debian package`);
  const bytes = readFileSync(join(folder, name));
  return `${control}\nFilename: ./${name}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}\n`;
}

/**
 * @param {Record<string, Buffer>} indexes
 * @param {number} time
 */
function releaseOf(indexes, time) {
  const sums = Object.entries(indexes).map(
    ([name, bytes]) => ` ${sha256(bytes)} ${bytes.length} ${name}\n`,
  );
  return `Origin: Siteglass
Label: Siteglass
Suite: stable
Architectures: amd64 arm64
Date: ${new Date(time).toUTCString().replace('GMT', '+0000')}
Description: Packages of Siteglass
SHA256:
${sums.join('')}`;
}

/**
 * @param {string} url
 * @param {string} key
 */
function sourcesOf(url, key) {
  const lines = key
    .trim()
    .split('\n')
    .map((line) => ` ${line.trim() || '.'}`);
  return `# The packages of Siteglass. On a machine that is to get them, this is /etc/apt/sources.list.d/siteglass.sources.
Types: deb
URIs: ${url.replace(/\/+$/, '')}/
Suites: ./
Signed-By:
${lines.join('\n')}
`;
}

/** @param {Buffer} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** @param {string} key */
function publicKey(key) {
  const text = gpg(['--armor', '--export-options', 'export-minimal', '--export', key]).toString();
  if (!text.includes('PUBLIC KEY'))
    throw new Problem(`gpg has no key SIGN_KEY=${key}; to list its keys: gpg --list-secret-keys`);
  return text;
}

/**
 * @param {string} key
 * @param {string[]} form
 * @param {string} text
 */
const signed = (key, form, text) =>
  gpg(['--local-user', key, '--digest-algo', 'SHA512', ...form], text);

/**
 * @param {string[]} args
 * @param {string} input
 */
function gpg(args, input = '') {
  const { status, stdout, stderr, error } = spawnSync('gpg', ['--batch', '--yes', ...args], {
    input,
    maxBuffer: 16e6,
  });
  if (error) throw new Problem(`gpg cannot be run (${error.message}); apt-get install gnupg`);
  if (status !== 0) throw new Problem(`The repository cannot be signed: ${String(stderr).trim()}`);
  return stdout;
}
