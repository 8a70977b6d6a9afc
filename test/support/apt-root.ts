import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import type { UpgradePlaces } from '../../edge/system/upgrade/upgrades.js';
import { makeRepository } from '../../scripts/lib/package-repository.mjs';
import { temporaryFolder } from './temporary-folder.js';

/** A Debian below a folder, with the real apt and dpkg, which any user can run. */
export interface AptRoot {
  folder: string;
  /** Tells apt of the repository. */
  connect(): Promise<void>;
  /** Replaces the repository by one with these versions of siteglass-edge; NAME_VERSION is of another package. */
  publish(versions: string[], key?: string, more?: { time?: number; validDays?: number }): void;
  /** Runs root's part of an upgrade, and returns its output. Throws if something is left to complete. */
  run(): string;
  /** Puts a file there that the service or root would write. */
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  installed(name?: string): string;
  /** Installs a package as apt would by hand. */
  install(version: string): void;
  path(path: string): string;
  places: UpgradePlaces;
}

/** What the script sees of the service, which does not run in a test. */
const PROGRAMS: Record<string, string> = {
  sleep: 'exit 0',
  sync: 'exit 0',
  systemctl: 'case "$*" in *NRestarts*) echo 0 ;; *) cat "$ROOT/active" ;; esac',
  journalctl: 'echo "Error: broken on purpose"',
  'siteglass-edge':
    'if [ -e "$ROOT/hangs" ]; then exec /bin/sleep 600; fi; test -e "$ROOT/usr/share/siteglass-edge/works"',
  // What the real one changes is the user.
  setpriv: 'echo "$*" >>"$ROOT/as-owner"; while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
  'siteglass-edge-rollback': 'echo returned >>"$ROOT/rollback"',
  // With `one-second`, as if all that dpkg does happened within the same second.
  dpkg: `/usr/bin/dpkg --root="$ROOT" --force-not-root --force-bad-path --log=/dev/null "$@" || exit
    if [ -e "$ROOT/one-second" ]; then touch --date=@1000 "$ROOT/var/lib/dpkg/status"; fi`,
  'dpkg-query': 'exec /usr/bin/dpkg-query --admindir="$ROOT/var/lib/dpkg" "$@"',
};

/** With version 1 of siteglass-edge installed; versions that end with `broken` do not run. */
export async function aptRoot(t: ExecutionContext): Promise<AptRoot> {
  const folder = await temporaryFolder(t);
  const path = (name: string) => join(folder, name);
  const folders = ['var/lib/dpkg/updates', 'var/lib/dpkg/info', 'var/lib/apt/lists/partial'];
  folders.push('var/cache/apt/archives/partial', 'etc/apt/sources.list.d', 'run/siteglass-edge');
  folders.push('var/lib/siteglass-edge', 'var/lib/siteglass-edge-upgrade', 'bin', 'gnupg');
  folders.push('etc/apt/preferences.d', 'etc/apt/apt.conf.d', 'etc/apt/trusted.gpg.d');
  for (const name of folders) await mkdir(path(name), { recursive: true });
  await chmod(path('gnupg'), 0o700);
  await writeFile(path('var/lib/dpkg/status'), '');
  await writeFile(path('var/lib/dpkg/available'), '');
  await writeFile(path('active'), 'active\n');
  for (const [name, text] of Object.entries(PROGRAMS))
    await writeFile(path(`bin/${name}`), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  await writeFile(path('apt.conf'), aptConfiguration(folder));
  await writeFile(path('upgrade'), await scriptIn(folder));
  process.env.GNUPGHOME = path('gnupg');
  for (const key of ['release', 'forger']) makeKey(`${key}@example.com`);
  t.teardown(() => execFileSync('gpgconf', ['--homedir', path('gnupg'), '--kill', 'all']));
  const env = {
    PATH: `${path('bin')}:${process.env.PATH}`,
    ROOT: folder,
    APT_CONFIG: path('apt.conf'),
  };
  const execute = (program: string, ...args: string[]) =>
    execFileSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const built = (version: string) => buildPackage(folder, version);
  execute(path('bin/dpkg'), '--install', built('1'));
  return {
    ...{ folder, path },
    publish(versions, key = 'release', more = {}) {
      for (const name of ['packages', 'repository']) execute('rm', '-rf', path(name));
      execute('mkdir', path('packages'));
      for (const version of versions) execute('cp', built(version), path('packages'));
      const parts = { packages: path('packages'), out: path('repository') };
      const url = `file:${path('repository')}`;
      makeRepository({ ...parts, ...more, url, key: `${key}@example.com` });
      execute('rm', '-f', path('var/lib/siteglass-edge-upgrade/looked'));
    },
    places: {
      requests: path('run/siteglass-edge'),
      reports: path('var/lib/siteglass-edge-upgrade'),
      running: path('run/siteglass-edge-upgrade'),
      source: path('etc/apt/sources.list.d/siteglass.sources'),
    },
    run() {
      // As the unit has it.
      execute('mkdir', path('run/siteglass-edge-upgrade'));
      try {
        return execute('sh', path('upgrade'));
      } finally {
        execute('rm', '-r', path('run/siteglass-edge-upgrade'));
      }
    },
    connect: async () =>
      writeFile(
        path('etc/apt/sources.list.d/siteglass.sources'),
        await readFile(path('repository/siteglass.sources')),
      ),
    write: (name, text) => writeFile(path(name), text),
    read: (name) => readFile(path(name), 'utf8'),
    installed: (name = NAME) =>
      execute(path('bin/dpkg-query'), '--show', name).trim().split('\t')[1] ?? '',
    install: (version) => void execute(path('bin/dpkg'), '--install', built(version)),
  };
}

const NAME = 'siteglass-edge';

const aptConfiguration = (folder: string) => `
Dir "${folder}";
Dir::State::status "${folder}/var/lib/dpkg/status";
Dir::Bin::dpkg "${folder}/bin/dpkg";
Dir::Log "${folder}";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "";
Debug::NoLocking "true";
`;

async function scriptIn(folder: string): Promise<string> {
  const text = await readFile(
    join(projectRoot(), 'packaging', 'bin', 'siteglass-edge-upgrade'),
    'utf8',
  );
  return text
    .replace(/(?<==)\/(run|var|etc)\//g, `${folder}/$1/`)
    .replace(/^READY=.*$/m, 'READY=3')
    .replace(/^ANSWER=.*$/m, 'ANSWER=1');
}

function makeKey(name: string): void {
  const words = ['--batch', '--quiet', '--passphrase', '', '--quick-generate-key'];
  execFileSync('gpg', [...words, name, 'ed25519', 'sign', 'never'], { stdio: 'ignore' });
}

function buildPackage(folder: string, text: string): string {
  const [version = '', name = NAME] = text.split('_').reverse();
  const file = join(folder, `${name}_${version}.deb`);
  const works = version.endsWith('broken') ? 'other' : 'works';
  const script = `set -e
    rm -rf "$1" && mkdir -p "$1/DEBIAN" "$1/usr/share/$5"
    printf '%s\\n' "Package: $5" "Version: $2" "Architecture: amd64" \\
      "Maintainer: Test <test@example.com>" "Description: of a test" >"$1/DEBIAN/control"
    echo "$2" >"$1/usr/share/$5/$3"
    dpkg-deb --root-owner-group -Znone --build "$1" "$4"`;
  const tree = `${file}.tree`;
  execFileSync('sh', ['-c', script, 'sh', tree, version, works, file, name], { stdio: 'ignore' });
  return file;
}
