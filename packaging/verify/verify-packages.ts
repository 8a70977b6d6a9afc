import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../core/runtime/project-root.js';
import { outputOf, succeeds } from '../../scripts/lib/command.mjs';
import { readOptions } from '../../scripts/lib/options.mjs';
import { Problem, runMain } from '../../scripts/lib/problem.mjs';
import { applianceChecks } from './appliance-checks.js';
import { runChecks } from './checklist.js';
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
  packagesOf,
  packagesOfCommit,
  sizeOf,
} from './packages.js';
import { relayChecks } from './relay-checks.js';
import { samplesIn } from './samples.js';

/**
 * Builds the Debian packages and verifies them: `npm run verify:packages [-- --previous COMMIT]` in a machine that boots
 * with systemd. There they are installed, upgraded from the previous commit's, broken, rolled back, removed and purged.
 * `-- --arch arm64` installs siteglass-edge and siteglass-onnx under emulation, searches with cascades and a model, and
 * compares the results with those of this machine's architecture.
 * Needs root, debootstrap, and systemd-nspawn or qemu-user-static.
 */

const root = projectRoot();
const work = join(root, 'var', 'verify');
const log = join(work, 'verify.log');

await runMain(() => {
  const own = outputOf('dpkg', ['--print-architecture']) ?? 'amd64';
  const { arch, previous } = readOptions('verify:packages', {
    previous: { type: 'string', default: 'HEAD~1' },
    arch: { type: 'string', default: own },
  });
  mkdirSync(work, { recursive: true });
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

async function verifyBooted(arch: string, previous: string): Promise<number> {
  if (!succeeds('which', ['systemd-nspawn']))
    throw new Problem('systemd-nspawn is missing; on Debian: apt-get install systemd-container');
  const machine = new Machine(join(work, 'machine'), log);
  const program = (name: string, port: number) =>
    new InstalledProgram(machine, { name: `siteglass-${name}`, database: `${name}.db`, port });
  let built: PackageFiles;
  let before: PackageFiles;
  let broken: string;
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
        const from = await machineRoot([before.edge, edge, relay, opencv, onnx], { log });
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
      ...openCvChecks(program('edge', 8080)),
      ...onnxChecks(program('edge', 8080)),
      ...applianceChecks(program('edge', 8080)),
      ...relayChecks(program('relay', 8090)),
    });
  } finally {
    await machine.stop();
  }
}
