import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf } from './command.mjs';
import { copySource } from './package-source.mjs';
import { Problem } from './problem.mjs';

/**
 * Builds both packages with the tools of this system, which has to be Debian 13 or what builds for it, and puts them
 * into `out`. Resolves with their paths.
 */
export function packageHere(root, { arch, out, work, source }) {
  const own = outputOf('dpkg', ['--print-architecture']);
  if (own === undefined) throw new Problem('This is not a Debian system.');
  const folder = join(work, 'siteglass');
  copySource(root, folder, source);
  const cross = arch === own ? [] : [`-a${arch}`, '-Pcross'];
  build(folder, ['dpkg-buildpackage', '--build=binary', '--no-sign', ...cross]);
  mkdirSync(out, { recursive: true });
  const names = readdirSync(work).filter((name) => name.endsWith(`_${arch}.deb`));
  for (const name of names) copyFileSync(join(work, name), join(out, name));
  rmSync(work, { recursive: true });
  return names.map((name) => join(out, name));
}

function build(cwd, [command, ...args]) {
  const env = { ...process.env, DEB_BUILD_OPTIONS: 'nocheck' };
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: 'inherit' });
  if (error) throw new Problem(`${command} is missing; apt-get build-dep ./packaging installs it.`);
  if (status !== 0)
    throw new Problem(
      `The packages cannot be built (see above). Where build dependencies are missing: apt-get build-dep ./packaging`,
    );
}
