import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { projectRoot } from '../../core/runtime/project-root.js';
import { outputOf, succeeds } from '../../scripts/lib/command.mjs';
import { Problem, runMain } from '../../scripts/lib/problem.mjs';
import { applianceChecks } from './appliance-checks.js';
import { runChecks } from './checklist.js';
import { detectEmulated } from './emulated.js';
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

/**
 * Builds the Debian packages and verifies them: `npm run verify:packages [-- --previous COMMIT]` in a machine that boots
 * with systemd. There they are installed, upgraded from the previous commit's, broken, rolled back, removed and purged.
 * `-- --arch arm64` installs one under emulation and runs a detection. Needs root, debootstrap and systemd-nspawn.
 */

const root = projectRoot();
const work = join(root, 'var', 'verify');
const log = join(work, 'verify.log');
const samples = join(root, 'samples');
const sample = join(samples, '4-two-signs.jpg');

await runMain(() => {
  const own = outputOf('dpkg', ['--print-architecture']) ?? 'amd64';
  const { values } = parseArgs({
    options: {
      previous: { type: 'string', default: 'HEAD~1' },
      arch: { type: 'string', default: own },
    },
  });
  const { arch } = values;
  mkdirSync(work, { recursive: true });
  // Resolved now: HEAD may move while the checks run.
  const commit = `${values.previous}^{commit}`;
  const previous = outputOf('git', ['-C', root, 'rev-parse', '--verify', commit]);
  if (!previous) throw new Problem(`git has no commit ${values.previous}`);
  return arch === own ? verifyBooted(arch, previous) : verifyEmulated(arch);
});

function build(arch: string): Promise<PackageFiles> {
  return packagesOf(root, { arch, log, out: join(work, 'next') });
}

const describe = (files: PackageFiles): string =>
  Object.entries(files)
    .map(([name, file]) => `${name} ${sizeOf(file)}`)
    .join('; ');

/** A model of the tests. By its path, since the build of an image has no tests. */
async function squareModel(): Promise<Buffer> {
  const tests: { squareModel(side: number): Buffer } = await import(
    join(root, 'dist', 'test', 'support', 'square-model.js')
  );
  return tests.squareModel(64);
}

/** The sample as JPEG, as PNG and WebP with the same pixels, and as a video of three frames; a model and its picture. By path in the machine. */
async function samplesIn(folder: string): Promise<Record<string, string>> {
  const at = (end: string) => join(folder, `sample.${end}`);
  const jpeg = readFileSync(sample);
  await sharp(jpeg).png().toFile(at('png'));
  await sharp(jpeg).webp({ lossless: true }).toFile(at('webp'));
  writeFileSync(at('onnx'), await squareModel());
  await sharp({ create: { width: 200, height: 200, channels: 3, background: '#202020' } })
    .composite([
      {
        input: { create: { width: 80, height: 80, channels: 3, background: '#ff3030' } },
        left: 60,
        top: 60,
      },
    ])
    .png()
    .toFile(at('square.png'));
  // FFmpeg knows the form by the name.
  writeFileSync(at('mjpeg'), Buffer.concat([jpeg, jpeg, jpeg]));
  return {
    '/root/sample.jpg': sample,
    '/root/sample.png': at('png'),
    '/root/sample.webp': at('webp'),
    '/srv/clip.mjpeg': at('mjpeg'),
    '/root/square.png': at('square.png'),
    '/root/square.onnx': at('onnx'),
  };
}

function verifyEmulated(arch: string): Promise<number> {
  let built: PackageFiles;
  return runChecks({
    build: async () => {
      built = await build(arch);
      return describe(built);
    },
    'detect under emulation': () => detectEmulated(built.edge, { arch, sample, log }),
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
          '/srv/samples': samples,
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
