// Builds the Debian packages: `npm run package [-- --arch amd64|arm64] [--out DIR]`; with `--here` natively on the Debian 13
// system that it runs on, whose build dependencies `apt-get build-dep ./packaging` installs.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { outputOf } from './lib/command.mjs';
import { packageHere } from './lib/package-here.mjs';
import { describeSource } from './lib/package-source.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/set-up.mjs';

const ARCHITECTURES = ['amd64', 'arm64'];

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string', default: outputOf('dpkg', ['--print-architecture']) ?? 'amd64' },
      out: { type: 'string', default: 'var/packages' },
      here: { type: 'boolean', default: false },
      /** Where the copy of the source is built. */
      work: { type: 'string' },
      /** In place of what git says, e.g. where a folder was copied without it. */
      version: { type: 'string' },
    },
  });
  const { arch } = values;
  if (!ARCHITECTURES.includes(arch))
    throw new Problem(`--arch takes ${ARCHITECTURES.join(' or ')}, not ${arch}`);
  const found = describeSource(projectRoot);
  const source = { ...found, version: values.version ?? found.version };
  const out = resolve(projectRoot, values.out);
  const work = resolve(projectRoot, values.work ?? join('var', 'package', arch));
  const built = packageHere(projectRoot, { arch, out, work, source });
  console.log(`\n${built.join('\n')}`);
});
