// Installs the Debian packages in a machine that boots with systemd: installs, upgrades from the previous commit's, breaks,
// goes back, removes and purges: `npm run verify:packages [-- --previous COMMIT]`. Needs root, debootstrap, systemd-nspawn.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChecks } from './lib/checklist.mjs';
import { outputOf, succeeds } from './lib/command.mjs';
import { InstalledProgram } from './lib/installed-program.mjs';
import { Machine } from './lib/machine.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/set-up.mjs';
import { applianceChecks, memoryOf } from './lib/verify-appliance.mjs';
import {
  breakPackage,
  machineRoot,
  packagesOf,
  packagesOfCommit,
  sizeOf,
} from './lib/verify-packages.mjs';

await runMain(async () => {
  const { values } = parseArgs({ options: { previous: { type: 'string', default: 'HEAD~1' } } });
  if (!succeeds('which', ['systemd-nspawn']))
    throw new Problem('systemd-nspawn is missing; on Debian: apt-get install systemd-container');
  const arch = outputOf('dpkg', ['--print-architecture']);
  const work = join(projectRoot, 'var', 'verify');
  mkdirSync(work, { recursive: true });
  const log = join(work, 'verify.log');
  const folder = join(work, 'machine');
  const machine = new Machine(folder, log);
  const files = {
    previous: '/root/previous.deb',
    next: '/root/next.deb',
    broken: '/root/broken.deb',
  };
  const relay = new InstalledProgram(machine, {
    name: 'siteglass-relay',
    database: 'relay.db',
    port: 8090,
  });
  let built;
  try {
    return await runChecks({
      build: async () => {
        built = await packagesOf(projectRoot, { arch, log, out: join(work, 'next') });
        return `edge ${sizeOf(built.edge)}; relay ${sizeOf(built.relay)}`;
      },
      boot: async () => {
        const { edge } = await packagesOfCommit(projectRoot, values.previous, {
          arch,
          log,
          out: join(work, 'before'),
        });
        const broken = await breakPackage(built.edge, join(work, 'broken.deb'), log);
        await machine.boot(await machineRoot([built.edge, built.relay], { log }), {
          '/root/previous.deb': edge,
          '/root/next.deb': built.edge,
          '/root/broken.deb': broken,
          '/root/relay.deb': built.relay,
          '/root/sample.jpg': join(projectRoot, 'samples', '4-two-signs.jpg'),
          '/srv/samples': join(projectRoot, 'samples'),
        });
        return machine.run(
          '. /etc/os-release; echo "$PRETTY_NAME, systemd $(systemctl --version | cut -d " " -f 2 | head -n 1)"',
        );
      },
      ...applianceChecks(machine, files),
      'relay: install and detect': async () => {
        const last = relay.install('/root/relay.deb').split('\n').at(-1);
        await relay.untilReady();
        return `${relay.detect()}; “${last}”`;
      },
      'relay: memory': () => memoryOf(machine, relay.name),
      'relay: purge': () => {
        machine.run('DEBIAN_FRONTEND=noninteractive apt-get purge --yes siteglass-relay 2>&1');
        machine.run('test ! -e /var/lib/siteglass-relay -a ! -e /etc/siteglass');
        return 'nothing is left';
      },
    });
  } finally {
    await machine.stop();
  }
});
