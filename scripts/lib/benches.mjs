import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * The names of the benches: each file in bench/ is one, and bench/support/ has what they share.
 * @param {string} root
 */
export const benchNames = (root) =>
  readdirSync(join(root, 'bench'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'))
    .sort();

/**
 * The Debian packages that a bench needs beside those of the purpose `opencv`. A line in it names them:
 * `// Debian packages: mosquitto, postgresql`.
 * @param {string} root
 * @param {string} name
 */
export function benchPackages(root, name) {
  const text = readFileSync(join(root, 'bench', `${name}.ts`), 'utf8');
  const [, names] = /^\/\/ Debian packages: (.+)$/m.exec(text) ?? [];
  return names?.split(/,\s*/) ?? [];
}

/**
 * What a bench measures and the options that it takes, each with its default, as its source has them: the first doc
 * comment, and the lines like `rounds: { type: 'string', default: '5' }`.
 * @param {string} root
 * @param {string} name
 */
export function describeBench(root, name) {
  const text = readFileSync(join(root, 'bench', `${name}.ts`), 'utf8');
  const [, comment = ''] = /^\/\*\*([\s\S]*?)\*\/$/m.exec(text) ?? [];
  const about = comment.replace(/\s*\n \*\s*/g, ' ').trim();
  const flags = [...text.matchAll(/(?<![\w-])'?([\w-]+)'?: \{ type: 'string'([^}]*)\}/g)].map(
    ([, option, more = '']) => `--${option} ${/default: '([^']*)'/.exec(more)?.[1] ?? '…'}`,
  );
  return { about, options: flags.join(' ') };
}
