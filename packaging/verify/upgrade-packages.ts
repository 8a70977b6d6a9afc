import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { run } from '../../scripts/lib/command.mjs';
import { makeRepository } from '../../scripts/lib/package-repository.mjs';
import { breakPackage } from './packages.js';

/** The repositories that an appliance with /root/edge.deb is upgraded from, as folders below `folder`. */
export interface Repositories {
  folder: string;
  /** Debian's version of what each has. */
  newer: string;
  broken: string;
  next: string;
}

interface Parts {
  /** The package of siteglass-edge that is installed. */
  edge: string;
  work: string;
  log: string;
  /** Where the machine will get the repository from. */
  url: string;
}

/**
 * Makes repositories from a package: `newer`; `broken`, whose version does not start; `forged`, like `newer` but signed by
 * another key; `changed`, with a package that is not the signed one; and `next`, which works again.
 */
export async function upgradeRepositories({ edge, work, log, url }: Parts): Promise<Repositories> {
  const folder = join(work, 'repositories');
  // Of the same second, since apt keeps the newer of two lists, and the checks also go back to one from before.
  const time = Date.now();
  rmSync(folder, { recursive: true, force: true });
  const home = mkdtempSync(join(tmpdir(), 'siteglass-keys-'));
  process.env.GNUPGHOME = home;
  for (const key of ['release', 'forger']) makeKey(`${key}@example.com`);
  const publish = (name: string, file: string, key = 'release') => {
    const packages = join(folder, `${name}.packages`);
    mkdirSync(packages, { recursive: true });
    cpSync(file, join(packages, `siteglass-edge_${name}.deb`));
    makeRepository({ packages, out: join(folder, name), url, time, key: `${key}@example.com` });
    rmSync(packages, { recursive: true });
  };
  const newer = await newerPackage(edge, '+1', work, log);
  const second = await newerPackage(edge, '+2', work, log);
  const broken = await breakPackage(second, join(work, 'broken-upgrade.deb'), log);
  const next = await newerPackage(edge, '+3', work, log);
  publish('newer', newer);
  publish('broken', broken);
  publish('next', next);
  publish('forged', next, 'forger');
  publish('changed', next);
  // Another byte at its end; the size and the list stay.
  appendFileSync(join(folder, 'changed', 'siteglass-edge_changed.deb'), '\n');
  for (const file of [newer, second, broken, next]) rmSync(file);
  execFileSync('gpgconf', ['--kill', 'all']);
  rmSync(home, { recursive: true });
  delete process.env.GNUPGHOME;
  const base = execFileSync('dpkg-deb', ['--field', edge, 'Version'], { encoding: 'utf8' }).trim();
  return { folder, newer: `${base}+1`, broken: `${base}+2+broken`, next: `${base}+3` };
}

function makeKey(name: string): void {
  const words = ['--batch', '--quiet', '--passphrase', '', '--quick-generate-key'];
  execFileSync('gpg', [...words, name, 'rsa3072', 'sign', 'never'], { stdio: 'ignore' });
}

/** The same package with a higher version, which the program names too. */
async function newerPackage(file: string, suffix: string, work: string, log: string) {
  const out = join(work, `${basename(file, '.deb')}${suffix}.deb`);
  const tree = `${out}.tree`;
  const dpkg = (...args: string[]) =>
    run('dpkg-deb', args, { log, failure: `A package with ${suffix} cannot be made` });
  rmSync(tree, { recursive: true, force: true });
  await dpkg('--raw-extract', file, tree);
  const change = (path: string, pattern: RegExp, by: string) =>
    writeFileSync(path, readFileSync(path, 'utf8').replace(pattern, by));
  change(join(tree, 'DEBIAN', 'control'), /^Version: .*$/m, `$&${suffix}`);
  change(
    join(tree, 'usr/lib/siteglass-edge/package.json'),
    /("version": ?"[^"]*)"/,
    `$1${suffix}"`,
  );
  await dpkg('--root-owner-group', '-Znone', '--build', tree, out);
  rmSync(tree, { recursive: true });
  return out;
}
