import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.mjs';
import { run } from './command.mjs';

/**
 * Another release of Node.js: its program is `bin/node` in the folder, with the headers that addons are compiled with.
 * @typedef {{ version: string, folder: string }} OtherNode
 */

/**
 * The newest release of a major version, from the npm registry, or the newest one in the cache if no registry answers.
 * npm compares the archive with the registry's hash. Undefined if there is neither.
 * @param {string} major
 * @param {string} log
 * @returns {Promise<OtherNode | undefined>}
 */
export async function otherNode(major, log) {
  const cache = cacheFolder('node');
  const name = `node-${process.platform}-${process.arch}`;
  const version = newestIn(askRegistry(`${name}@${major}`), major);
  if (version === undefined) {
    const kept = newestIn(readdirSync(cache), major);
    return kept === undefined ? undefined : { version: kept, folder: join(cache, kept) };
  }
  const folder = join(cache, version);
  if (!existsSync(folder)) {
    const temporary = `${folder}-${process.pid}.part`;
    mkdirSync(temporary, { recursive: true });
    try {
      const failure = `Node.js ${version} cannot be downloaded`;
      const spec = `${name}@${version}`;
      const options = { cwd: temporary, log, failure, timeoutMs: 300_000 };
      await run('npm', ['pack', '--silent', spec], options);
      const archive = `${name}-${version}.tgz`;
      await run('tar', ['--extract', '--file', archive, '--strip-components=1'], options);
      rmSync(join(temporary, archive));
      renameSync(temporary, folder);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  }
  return { version, folder };
}

/**
 * The versions that the registry has; none if it does not answer.
 * @param {string} spec
 * @returns {string[]}
 */
function askRegistry(spec) {
  const limits = ['--fetch-retries=0', '--fetch-timeout=20000'];
  const args = ['view', spec, 'version', '--json', ...limits];
  const { status, stdout } = spawnSync('npm', args, { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) return [];
  /** @type {unknown} */
  const answer = JSON.parse(stdout);
  return [answer].flat().map(String);
}

/**
 * Versions of Node.js have no suffix; the registry's order is not theirs.
 * @param {string[]} versions
 * @param {string} major
 */
export function newestIn(versions, major) {
  const numbers = versions
    .filter((version) => /^\d+\.\d+\.\d+$/.test(version) && version.startsWith(`${major}.`))
    .map((version) => version.split('.').map(Number));
  const [newest] = numbers.sort((a, b) =>
    a[1] === b[1] ? (b[2] ?? 0) - (a[2] ?? 0) : (b[1] ?? 0) - (a[1] ?? 0),
  );
  return newest?.join('.');
}
