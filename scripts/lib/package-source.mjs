import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { outputOf } from './command.mjs';

/** @typedef {{ version: string, time: number }} Source The version of packages, and when it was made (seconds). */

/** What is never part of the source if there is no git to ask (a folder that was copied into an image). */
const NOT_SOURCE = new Set(['.git', 'node_modules', 'dist', 'var', 'build']);

/**
 * The version that packages get. A commit with the tag of package.json's version is that version. Any other commit comes
 * before it: `0.1.0~dev.412.gf130986`, rising with each commit.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Source}
 */
export function describeSource(root, environment = process.env) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  /** @param {string[]} args */
  const git = (...args) => outputOf('git', ['-C', root, ...args]);
  const commit = git('rev-parse', '--short=8', 'HEAD');
  if (commit === undefined) {
    const time = Number(environment.SOURCE_DATE_EPOCH ?? newest(root, ['package.json']));
    return { version, time };
  }
  const time = Number(environment.SOURCE_DATE_EPOCH ?? git('log', '-1', '--format=%ct'));
  const changed = git('status', '--porcelain') === '' ? '' : '.changed';
  if (git('tag', '--points-at', 'HEAD')?.split('\n').includes(`v${version}`) && !changed)
    return { version, time };
  return {
    version: `${version}~dev.${git('rev-list', '--count', 'HEAD')}.g${commit}${changed}`,
    time,
  };
}

/**
 * @param {string} root
 * @param {string[]} names
 */
const newest = (root, names) =>
  Math.max(...names.map((name) => Math.floor(statSync(join(root, name)).mtimeMs / 1000)));

/**
 * Copies the source into `folder`, as Debian's tools expect it: with `debian/` in it and a changelog that gives version
 * and time. Times of files are not kept: they differ between checkouts, and dpkg caps newer ones at the changelog's.
 * @param {string} root
 * @param {string} folder
 * @param {Source} source
 */
export function copySource(root, folder, { version, time }) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const path of sourceFiles(root))
    cpSync(join(root, path), join(folder, path), { recursive: true });
  cpSync(join(root, 'packaging', 'debian'), join(folder, 'debian'), { recursive: true });
  writeFileSync(join(folder, 'debian', 'changelog'), changelog(version, time));
}

/**
 * @param {string} root
 * @returns {string[]}
 */
export function sourceFiles(root) {
  const args = ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8', maxBuffer: 64e6 });
  if (status === 0)
    return stdout.split('\0').filter((path) => path && existsSync(join(root, path)));
  return readdirSync(root).filter((name) => !NOT_SOURCE.has(name));
}

/**
 * @param {string} version
 * @param {number} time
 */
const changelog = (version, time) => `siteglass (${version}) unstable; urgency=medium

  * See CHANGELOG.md.

 -- Siteglass <siteglass@localhost>  ${new Date(time * 1000).toUTCString().replace('GMT', '+0000')}
`;
