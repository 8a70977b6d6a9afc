import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf, run } from '../../scripts/lib/command.mjs';
import { debianRoot, enterRoot } from '../../scripts/lib/debian-root.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';

interface BuildOptions {
  arch: string;
  /** The folder for the packages. */
  out: string;
  log: string;
}

/** The paths of the packages by program. */
export interface PackageFiles {
  edge: string;
  relay: string;
  /** Absent in commits whose programs contain OpenCV's addon. */
  opencv?: string;
  /** Absent in commits that know no models. */
  onnx?: string;
}

/** Builds the packages of the checkout in `root`. */
export async function packagesOf(
  root: string,
  { arch, out, log }: BuildOptions,
): Promise<PackageFiles> {
  rmSync(out, { recursive: true, force: true });
  await run(process.execPath, ['scripts/package.mjs', '--arch', arch, '--out', out], {
    cwd: root,
    log,
    failure: `The packages of ${root} cannot be built`,
  });
  return packagesIn(out);
}

/** The packages in a folder. */
export function packagesIn(folder: string): PackageFiles {
  const names = readdirSync(folder);
  const find = (program: string) => {
    const name = names.find((file) => file.startsWith(`siteglass-${program}_`));
    return name && join(folder, name);
  };
  const required = (program: string) => {
    const file = find(program);
    if (!file) throw new Problem(`no package of siteglass-${program} is in ${folder}`);
    return file;
  };
  const opencv = find('opencv');
  const onnx = find('onnx');
  return {
    edge: required('edge'),
    relay: required('relay'),
    ...(opencv && { opencv }),
    ...(onnx && { onnx }),
  };
}

/** Builds the packages of another commit, in a temporary work tree. */
export async function packagesOfCommit(
  root: string,
  commit: string,
  { log, ...options }: BuildOptions,
): Promise<PackageFiles> {
  const tree = join(root, 'var', 'verify', 'previous');
  const git = (...args: string[]) =>
    run('git', ['-C', root, ...args], { log, failure: `${commit} cannot be checked out` });
  rmSync(tree, { recursive: true, force: true });
  await git('worktree', 'prune');
  await git('worktree', 'add', '--detach', tree, commit);
  try {
    return await packagesOf(tree, { log, ...options });
  } finally {
    await git('worktree', 'remove', '--force', tree);
  }
}

/**
 * Makes a package of a higher version from another one. Its program backs the database up and changes the schema, as a
 * newer version would, then fails.
 */
export async function breakPackage(file: string, out: string, log: string): Promise<string> {
  const tree = `${out}.tree`;
  const dpkg = (...args: string[]) =>
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

/** Debian's Node.js, which a machine has before the programs, and which their size does not count. */
const NODE = ['install', '--no-install-recommends', 'nodejs'];

/**
 * A root that boots, with Node.js, in which apt can install the packages without a network: their dependencies are
 * downloaded.
 */
export async function machineRoot(packages: string[], { log }: { log: string }): Promise<string> {
  const from = await debianRoot('base', { log });
  const depends = packages
    .map((file) => outputOf('dpkg-deb', ['--field', file, 'Depends']))
    .join('\n');
  const binds = Object.fromEntries(packages.map((file, i) => [`/root/${i}.deb`, file]));
  const failure = 'The machine cannot be made';
  const prepare = async (folder: string) => {
    const apt = (...args: string[]) =>
      enterRoot(folder, ['apt-get', '--yes', ...args], { binds, log, failure });
    await apt('update');
    await apt('install', '--no-install-recommends', 'systemd', 'systemd-sysv', 'curl', 'sqlite3');
    await apt(...NODE);
    for (const inside of Object.keys(binds)) await apt('install', '--download-only', inside);
  };
  return debianRoot('machine', { from, key: `${NODE}\n${depends}`, log, prepare });
}

/** The size of a package and of what it installs, in MB. */
export function sizeOf(file: string): string {
  const installed = Number(outputOf('dpkg-deb', ['--field', file, 'Installed-Size']));
  if (!installed) throw new Problem(`${file} is not a package`);
  return `${(statSync(file).size / 1e6).toFixed(1)} MB, ${(installed / 1000).toFixed(1)} MB installed`;
}
