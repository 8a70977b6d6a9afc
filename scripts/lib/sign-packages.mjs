import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from './problem.mjs';

/**
 * Writes the checksums of all packages in a folder, and signs them if a key is given (its id or address for gpg). Returns
 * the names of the files that it wrote.
 * @param {string} folder
 * @param {string | undefined} key
 */
export function signPackages(folder, key) {
  const sums = join(folder, 'SHA256SUMS');
  const signature = `${sums}.asc`;
  // One of an earlier build would be wrong.
  rmSync(signature, { force: true });
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.deb'))
    .sort();
  const lines = names.map((name) => {
    const hash = createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
    return `${hash}  ${name}\n`;
  });
  writeFileSync(sums, lines.join(''));
  if (!key) return [sums];
  const args = ['--batch', '--yes', '--local-user', key, '--armor', '--detach-sign', sums];
  const { status, stderr } = spawnSync('gpg', args, { encoding: 'utf8' });
  if (status !== 0)
    throw new Problem(
      `The packages cannot be signed with SIGN_KEY=${key}: ${String(stderr).trim()}`,
    );
  return [sums, signature];
}
