import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf, run } from './command.mjs';
import { debianRoot, enterRoot } from './debian-root.mjs';
import { Problem } from './problem.mjs';

/** Builds the packages of the checkout in `root` into `out`; resolves with their paths by program. */
export async function packagesOf(root, { arch, out, log }) {
  rmSync(out, { recursive: true, force: true });
  await run(process.execPath, ['scripts/package.mjs', '--arch', arch, '--out', out], {
    cwd: root,
    log,
    failure: `The packages of ${root} cannot be built`,
  });
  const names = outputOf('ls', [out]).split('\n');
  const find = (program) =>
    join(
      out,
      names.find((name) => name.startsWith(`siteglass-${program}_`)),
    );
  return { edge: find('edge'), relay: find('relay') };
}

/** Those of another commit, from a work tree that is gone afterwards. */
export async function packagesOfCommit(root, commit, { arch, out, log }) {
  const tree = join(root, 'var', 'verify', 'previous');
  const git = (...args) =>
    run('git', ['-C', root, ...args], { log, failure: `${commit} cannot be checked out` });
  rmSync(tree, { recursive: true, force: true });
  await git('worktree', 'prune');
  await git('worktree', 'add', '--detach', tree, commit);
  try {
    return await packagesOf(tree, { arch, out, log });
  } finally {
    await git('worktree', 'remove', '--force', tree);
  }
}

/**
 * Of a package, one of a higher version whose program changes the database's schema as a newer one would, after a copy of
 * it, and ends at once.
 */
export async function breakPackage(file, out, log) {
  const tree = `${out}.tree`;
  const dpkg = (...args) =>
    run('dpkg-deb', args, { log, failure: 'The broken package cannot be made' });
  await dpkg('--raw-extract', file, tree);
  writeFileSync(join(tree, 'usr/lib/siteglass-edge/dist/edge/main.js'), BROKEN);
  const control = join(tree, 'DEBIAN', 'control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, '$&+broken'));
  await dpkg('--root-owner-group', '-Znone', '--build', tree, out);
  rmSync(tree, { recursive: true });
  return out;
}

const BROKEN = `#!/usr/bin/node
import Sqlite from 'better-sqlite3';

const file = '/var/lib/siteglass-edge/edge.db';
const database = new Sqlite(file);
if (!database.prepare("select 1 from kysely_migration where name = '9999_broken'").get()) {
  await database.backup(file + '.before-9999_broken');
  database.exec("insert into kysely_migration values ('9999_broken', '')");
}
throw new Error('broken on purpose');
`;

/** A root that boots, in which apt can install the packages without a network: what they depend on is downloaded. */
export async function machineRoot(packages, { log }) {
  const from = await debianRoot('base', { log });
  const depends = packages
    .map((file) => outputOf('dpkg-deb', ['--field', file, 'Depends']))
    .join('\n');
  const binds = Object.fromEntries(packages.map((file, i) => [`/root/${i}.deb`, file]));
  const failure = 'The machine cannot be made';
  const prepare = async (folder) => {
    const apt = (...args) =>
      enterRoot(folder, ['apt-get', '--yes', ...args], { binds, log, failure });
    await apt('update');
    await apt('install', '--no-install-recommends', 'systemd', 'systemd-sysv', 'curl', 'sqlite3');
    for (const inside of Object.keys(binds)) await apt('install', '--download-only', inside);
  };
  return debianRoot('machine', { from, key: depends, log, prepare });
}

/** The size of a package and of what it installs, in MB. */
export function sizeOf(file) {
  const installed = Number(outputOf('dpkg-deb', ['--field', file, 'Installed-Size']));
  if (!installed) throw new Problem(`${file} is no package`);
  return `${(statSync(file).size / 1e6).toFixed(1)} MB, ${(installed / 1000).toFixed(1)} MB installed`;
}
