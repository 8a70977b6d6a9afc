import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../core/runtime/project-root.js';
import { outputOf, succeeds } from '../../scripts/lib/command.mjs';
import { readOptions } from '../../scripts/lib/options.mjs';
import { Problem, runMain } from '../../scripts/lib/problem.mjs';
import { applianceChecks } from './appliance-checks.js';
import { type Checks, runChecks } from './checklist.js';
import type { InstalledResult } from './detect-installed.js';
import { describeDetection, detectInstalled, expectIdentical } from './installed-detection.js';
import { InstalledProgram } from './installed-program.js';
import { Machine } from './machine.js';
import { onnxChecks } from './onnx-checks.js';
import { openCvChecks } from './opencv-checks.js';
import {
  breakPackage,
  machineRoot,
  type PackageFiles,
  packagesIn,
  packagesOf,
  packagesOfCommit,
  sizeOf,
} from './packages.js';
import { relayChecks } from './relay-checks.js';
import { samplesIn } from './samples.js';
import { REPOSITORY_URL, upgradeChecks } from './upgrade-checks.js';
import { type Repositories, upgradeRepositories } from './upgrade-packages.js';
import { walkChecks } from './walk-checks.js';

/**
 * Builds the Debian packages and verifies them: `npm run verify:packages [-- --previous COMMIT]` in a machine that boots
 * with systemd. There they are installed, upgraded from the previous commit's, broken, rolled back, removed and purged.
 * At last both packages are walked through in a machine that has not had them: set-up in a browser, enrolment, backup and
 * others; `-- --walk FOLDER` does this alone, with the packages in a folder. So does `-- --upgrade FOLDER` with the upgrades
 * by the console, from signed repositories.
 * `-- --arch arm64` installs siteglass-edge and siteglass-onnx under emulation, searches with cascades and a model, and
 * compares the results with those of this machine's architecture.
 * Needs root, debootstrap, and systemd-nspawn with Chromium, or qemu-user-static.
 */

const root = projectRoot();
const work = join(root, 'var', 'verify');
const log = join(work, 'verify.log');

await runMain(() => {
  const own = outputOf('dpkg', ['--print-architecture']) ?? 'amd64';
  const {
    arch,
    previous,
    walk: folder,
    upgrade: upgradeFolder,
  } = readOptions('verify:packages', {
    previous: { type: 'string', default: 'HEAD~1' },
    arch: { type: 'string', default: own },
    walk: { type: 'string' },
    upgrade: { type: 'string' },
  });
  mkdirSync(work, { recursive: true });
  if (folder !== undefined) return verifyWalk(packagesIn(folder));
  if (upgradeFolder !== undefined) return verifyUpgrade(packagesIn(upgradeFolder));
  return arch === own ? verifyBooted(arch, commitOf(previous)) : verifyEmulated(arch, own);
});

/** The id of a commit, since HEAD may move while the checks run. */
function commitOf(name: string): string {
  const id = outputOf('git', ['-C', root, 'rev-parse', '--verify', `${name}^{commit}`]);
  if (!id) throw new Problem(`git has no commit ${name}`);
  return id;
}

function build(arch: string, folder = 'next'): Promise<PackageFiles> {
  return packagesOf(root, { arch, log, out: join(work, folder) });
}

function describe(files: PackageFiles): string {
  return Object.entries(files)
    .map(([name, file]) => `${name} ${sizeOf(file)}`)
    .join('; ');
}

function verifyEmulated(arch: string, own: string): Promise<number> {
  let built: PackageFiles;
  let reference: PackageFiles;
  let expected: InstalledResult;
  let found: InstalledResult;
  return runChecks({
    [`build for ${arch}`]: async () => {
      built = await build(arch);
      return describe(built);
    },
    [`build for ${own}`]: async () => {
      reference = await build(own, own);
      return describe(reference);
    },
    [`detect on ${own}`]: async () => {
      expected = await detectInstalled(reference, { arch: own, own, work, log });
      return describeDetection(expected);
    },
    'detect under emulation': async () => {
      found = await detectInstalled(built, { arch, own, work, log });
      return describeDetection(found);
    },
    [`compare ${arch} with ${own}`]: () => expectIdentical(found, expected),
  });
}

function program(machine: Machine, name: string, port: number): InstalledProgram {
  return new InstalledProgram(machine, { name: `siteglass-${name}`, database: `${name}.db`, port });
}

function newMachine(): Machine {
  const tools = { 'systemd-nspawn': 'systemd-container', chromium: 'chromium', ip: 'iproute2' };
  for (const [tool, name] of Object.entries(tools))
    if (!succeeds('which', [tool]))
      throw new Problem(`${tool} is missing; on Debian: apt-get install ${name}`);
  return new Machine(join(work, 'machine'), log);
}

async function verifyWalk({ edge, relay }: PackageFiles): Promise<number> {
  const machine = newMachine();
  try {
    return await runChecks(
      walk(machine, async () => ({ edge, relay, from: await machineRoot([edge, relay], { log }) })),
    );
  } finally {
    await machine.stop();
  }
}

async function verifyUpgrade({ edge }: PackageFiles): Promise<number> {
  const machine = newMachine();
  try {
    const prepare = async () => ({ edge, from: await machineRoot([edge], { log }) });
    return await runChecks(upgrade(machine, prepare));
  } finally {
    await machine.stop();
  }
}

/** Upgrades by the console, in a machine that boots for them. */
function upgrade(
  machine: Machine,
  prepare: () => Promise<Pick<Prepared, 'edge' | 'from'>>,
): Checks {
  let repositories: Repositories;
  return {
    'upgrade: boot': async () => {
      await machine.stop();
      const { from, edge } = await prepare();
      repositories = await upgradeRepositories({ edge, work, log, url: REPOSITORY_URL });
      await machine.boot(from, {
        '/root/edge.deb': edge,
        '/srv/repositories': repositories.folder,
        '/srv/samples': join(root, 'samples'),
      });
      return `repositories with ${repositories.newer}, ${repositories.broken} and ${repositories.next}`;
    },
    ...upgradeChecks({
      ...{ edge: program(machine, 'edge', 8080), relay: program(machine, 'relay', 8090) },
      ...{ work, image: join(root, 'samples', '4-two-signs.jpg') },
      repositories: () => repositories,
    }),
  };
}

/** Two packages, and the root of a machine that can install them. */
interface Prepared {
  edge: string;
  relay: string;
  from: string;
}

/** The walk, in a machine that boots for it. */
function walk(machine: Machine, prepare: () => Promise<Prepared>): Checks {
  const image = join(root, 'samples', '4-two-signs.jpg');
  const [edge, relay] = [program(machine, 'edge', 8080), program(machine, 'relay', 8090)];
  return {
    'walk: boot': async () => {
      await machine.stop();
      const { from, ...packages } = await prepare();
      await machine.boot(from, {
        '/root/edge.deb': packages.edge,
        '/root/relay.deb': packages.relay,
        '/srv/samples': join(root, 'samples'),
      });
      return 'a machine that has had none of the packages';
    },
    ...walkChecks({ edge, relay, work, image }),
  };
}

async function verifyBooted(arch: string, previous: string): Promise<number> {
  const machine = newMachine();
  let built: PackageFiles;
  let before: PackageFiles;
  let broken: string;
  let from: string;
  try {
    return await runChecks({
      build: async () => {
        built = await build(arch);
        return describe(built);
      },
      'build the previous commit': async () => {
        before = await packagesOfCommit(root, previous, { arch, log, out: join(work, 'before') });
        broken = await breakPackage(built.edge, join(work, 'broken.deb'), log);
        return `${previous.slice(0, 8)}: edge ${sizeOf(before.edge)}`;
      },
      boot: async () => {
        const { edge, relay, opencv, onnx } = built;
        if (!opencv) throw new Problem('no package of siteglass-opencv was built');
        if (!onnx) throw new Problem('no package of siteglass-onnx was built');
        from = await machineRoot([before.edge, edge, relay, opencv, onnx], { log });
        await machine.boot(from, {
          '/root/edge.deb': edge,
          '/root/opencv.deb': opencv,
          '/root/onnx.deb': onnx,
          '/root/relay.deb': relay,
          '/root/previous.deb': before.edge,
          '/root/broken.deb': broken,
          ...(await samplesIn(work)),
        });
        return machine.run(
          '. /etc/os-release; echo "$PRETTY_NAME, $(systemctl --version | head -n 1)"',
        );
      },
      ...openCvChecks(program(machine, 'edge', 8080)),
      ...onnxChecks(program(machine, 'edge', 8080)),
      ...applianceChecks(program(machine, 'edge', 8080)),
      ...relayChecks(program(machine, 'relay', 8090)),
      ...walk(machine, async () => ({ edge: built.edge, relay: built.relay, from })),
      ...upgrade(machine, async () => ({ edge: built.edge, from })),
    });
  } finally {
    await machine.stop();
  }
}
