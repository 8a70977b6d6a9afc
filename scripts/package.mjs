// Builds the Debian packages, for Debian 13 and Raspberry Pi OS 13, into var/packages:
//   npm run package [-- --arch amd64|arm64] [--out DIR] [--fresh]    in a Debian 13 root, made once with debootstrap
//   npm run package -- --here [--out DIR] [--version V]              with the tools of this system
import { join, resolve } from 'node:path';
import { outputOf } from './lib/command.mjs';
import { readOptions, showedHelp } from './lib/options.mjs';
import { buildPackages } from './lib/package-build.mjs';
import { describeSource } from './lib/package-source.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/project-root.mjs';
import { checkContact } from './lib/security-contact.mjs';
import { signPackages } from './lib/sign-packages.mjs';

const ARCHITECTURES = ['amd64', 'arm64'];

await runMain(async () => {
  if (showedHelp('package')) return;
  const values = readOptions('package', {
    arch: { type: 'string', default: outputOf('dpkg', ['--print-architecture']) ?? 'amd64' },
    out: { type: 'string', default: 'var/packages' },
    here: { type: 'boolean', default: false },
    /** Compiles the addons again, even if an earlier run built them. */
    fresh: { type: 'boolean', default: false },
    /** Overrides git's version, e.g. for a folder that was copied without git. */
    version: { type: 'string' },
  });
  const { arch, here, fresh } = values;
  if (!ARCHITECTURES.includes(arch))
    throw new Problem(`--arch takes ${ARCHITECTURES.join(' or ')}, not ${arch}`);
  const found = describeSource(projectRoot);
  const source = { ...found, version: values.version ?? found.version };
  const warning = checkContact(projectRoot, process.env.SIGN_KEY);
  const out = resolve(projectRoot, values.out);
  const work = join(projectRoot, 'var', 'package', arch);
  const built = await buildPackages(projectRoot, { arch, out, work, source, here, fresh });
  const signed = signPackages(out, process.env.SIGN_KEY);
  console.log([...built, ...signed].join('\n'));
  if (warning !== undefined) console.error(`\n${warning}`);
});
