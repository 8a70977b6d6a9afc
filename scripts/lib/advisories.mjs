import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ package: string, from?: string, before: string, id: string }} Advisory */

/**
 * What is known against the packages that the programs are installed with, by the list in scripts/advisories.json. Tools of
 * the development are not among them.
 * @param {string} root
 * @param {Advisory[]} [advisories]
 */
export function pinnedFaults(root, advisories = readAdvisories(root)) {
  /** @type {{ packages: Record<string, { version?: string, dev?: boolean }> }} */
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages).flatMap(([path, { version = '', dev }]) => {
    // An optional package of another platform is not there.
    if (path === '' || dev || !existsSync(join(root, path, 'package.json'))) return [];
    const name = path.replace(/^.*node_modules\//, '');
    return advisories
      .filter((advisory) => advisory.package === name && applies(advisory, version))
      .map(({ id, before }) => `${name} ${version}: ${id}, corrected in ${before}`);
  });
}

/** @param {string} root @returns {Advisory[]} */
const readAdvisories = (root) =>
  JSON.parse(readFileSync(join(root, 'scripts', 'advisories.json'), 'utf8'));

/** @param {Advisory} advisory @param {string} version */
const applies = ({ from = '0.0.0', before }, version) =>
  compare(version, from) >= 0 && compare(version, before) < 0;

/** @param {string} a @param {string} b */
function compare(a, b) {
  const [x, y] = [a, b].map((text) => (text.split(/[-+]/)[0] ?? '').split('.').map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (x?.[i] ?? 0) - (y?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * What the registry knows against the packages that are installed with the programs, of at least high severity. Undefined
 * if no registry answers: a mirror may not pass advisories on.
 * @param {string} root
 * @returns {string[] | undefined}
 */
export function registryFaults(root) {
  const args = ['audit', '--omit=dev', '--json', '--fetch-retries=0', '--fetch-timeout=20000'];
  const { stdout } = spawnSync('npm', args, { cwd: root, encoding: 'utf8', timeout: 60_000 });
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    return undefined;
  }
  if (typeof report.vulnerabilities !== 'object') return undefined;
  /** @type {{ name: string, severity: string, range: string }[]} */
  const found = Object.values(report.vulnerabilities);
  return found
    .filter(({ severity }) => ['high', 'critical'].includes(severity))
    .map(({ name, severity, range }) => `${name} ${range}: ${severity}`);
}
