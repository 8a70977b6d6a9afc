// Builds the Debian packages and has them prove themselves: `npm run verify:packages [-- --previous COMMIT]` in a machine that
// boots with systemd, where they are installed, upgraded from the previous commit's, broken, rolled back, removed and
// purged; `-- --arch arm64` under emulation, where one is installed and detects. Needs root, debootstrap, systemd-nspawn.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChecks } from './lib/checklist.mjs';
import { outputOf, succeeds } from './lib/command.mjs';
import { InstalledProgram } from './lib/installed-program.mjs';
import { Machine } from './lib/machine.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/set-up.mjs';
import { applianceChecks } from './lib/verify-appliance.mjs';
import { detectEmulated } from './lib/verify-emulated.mjs';
import {
  breakPackage,
  machineRoot,
  packagesOf,
  packagesOfCommit,
  sizeOf,
} from './lib/verify-packages.mjs';
import { relayChecks } from './lib/verify-relay.mjs';

const work = join(projectRoot, 'var', 'verify');
const log = join(work, 'verify.log');
const samples = join(projectRoot, 'samples');
const sample = join(samples, '4-two-signs.jpg');

await runMain(() => {
  const own = outputOf('dpkg', ['--print-architecture']);
  const { values } = parseArgs({
    options: {
      previous: { type: 'string', default: 'HEAD~1' },
      arch: { type: 'string', default: own },
    },
  });
  mkdirSync(work, { recursive: true });
  const built = {};
  const build = async () => {
    Object.assign(
      built,
      await packagesOf(projectRoot, { arch: values.arch, log, out: join(work, 'next') }),
    );
    return `edge ${sizeOf(built.edge)}; relay ${sizeOf(built.relay)}`;
  };
  // Named now: someone may commit while it runs.
  const previous = outputOf('git', [
    '-C',
    projectRoot,
    'rev-parse',
    '--verify',
    `${values.previous}^{commit}`,
  ]);
  if (!previous) throw new Problem(`git knows no commit ${values.previous}`);
  if (values.arch === own) return verifyBooted({ arch: own, previous, build, built });
  return runChecks({
    build,
    'detect under emulation': () => detectEmulated(built.edge, { arch: values.arch, sample, log }),
  });
});

async function verifyBooted({ arch, previous, build, built }) {
  if (!succeeds('which', ['systemd-nspawn']))
    throw new Problem('systemd-nspawn is missing; on Debian: apt-get install systemd-container');
  const machine = new Machine(join(work, 'machine'), log);
  const program = (name, port) =>
    new InstalledProgram(machine, { name: `siteglass-${name}`, database: `${name}.db`, port });
  try {
    return await runChecks({
      build,
      'build the previous commit': async () => {
        built.previous = (
          await packagesOfCommit(projectRoot, previous, { arch, log, out: join(work, 'before') })
        ).edge;
        built.broken = await breakPackage(built.edge, join(work, 'broken.deb'), log);
        return `${previous.slice(0, 8)}: edge ${sizeOf(built.previous)}`;
      },
      boot: async () => {
        const root = await machineRoot([built.previous, built.edge, built.relay], { log });
        const packages = Object.entries(built).map(([name, file]) => [`/root/${name}.deb`, file]);
        const files = {
          ...Object.fromEntries(packages),
          '/root/sample.jpg': sample,
          '/srv/samples': samples,
        };
        await machine.boot(root, files);
        return machine.run(
          '. /etc/os-release; echo "$PRETTY_NAME, $(systemctl --version | head -n 1)"',
        );
      },
      ...applianceChecks(program('edge', 8080)),
      ...relayChecks(program('relay', 8090)),
    });
  } finally {
    await machine.stop();
  }
}
