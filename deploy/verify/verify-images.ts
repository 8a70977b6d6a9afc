import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../core/runtime/project-root.js';
import { cacheFolder } from '../../scripts/lib/cache.mjs';
import { outputOf, succeeds } from '../../scripts/lib/command.mjs';
import { readOptions } from '../../scripts/lib/options.mjs';
import { describeSource } from '../../scripts/lib/package-source.mjs';
import { Problem, runMain } from '../../scripts/lib/problem.mjs';
import { buildImages, IMAGES, imageSize } from './build.js';
import { verifyCloud } from './cloud.js';
import { baseImage, Docker } from './docker.js';
import { lint } from './lint.js';
import { verifyLan, verifySingle } from './others.js';
import { inSandbox } from './sandbox.js';
import { stepper, table } from './steps.js';
import { verifyStreams } from './streams.js';

/**
 * Builds the images and starts both compose files with a Docker daemon of its own, as root: `npm run verify:images`. It
 * needs no registry of images: debootstrap makes the base image, and the other images of docker-compose.cloud.yml are made
 * of Debian's packages (deploy/verify/Dockerfile). With `--keep-data`, builds continue from the last run (10 GB below the
 * user's cache folder); otherwise only the base image stays.
 */

const BASE = 'debian:trixie-slim';
/** The programs that the verification needs, with Debian's package of each. */
const TOOLS = {
  dockerd: 'docker.io',
  docker: 'docker.io',
  iptables: 'iptables',
  debootstrap: 'debootstrap',
  slirp4netns: 'slirp4netns',
  ip: 'iproute2',
  curl: 'curl',
};

await runMain(async () => {
  const options = readOptions('verify:images', {
    'keep-data': { type: 'boolean', default: false },
    inside: { type: 'boolean', default: false },
  });
  requireTools();
  const code = await inSandbox(import.meta.filename, process.argv.slice(2));
  return code ?? verify(options['keep-data']);
});

function requireTools(): void {
  const missing = Object.entries(TOOLS).filter(
    ([name]) => !succeeds('sh', ['-c', `command -v ${name}`]),
  );
  if (missing.length === 0) return;
  const names = missing.map(([name]) => name).join(', ');
  const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
  throw new Problem(`${names} missing; on Debian: apt-get install ${packages}`);
}

async function verify(keepData: boolean): Promise<number> {
  const root = projectRoot();
  const cache = cacheFolder('images');
  mkdirSync(join(root, 'var'), { recursive: true });
  const runFolder = mkdtempSync(join(tmpdir(), 'siteglass-images-'));
  const log = join(root, 'var', 'verify-images.log');
  rmSync(log, { force: true });
  const folder = join(cache, 'docker');
  const docker = new Docker({ folder, runFolder, log });
  const { step, failed } = stepper(log);
  const run = { docker, root, runFolder, step };
  process.chdir(root);
  try {
    await docker.start();
    docker.prune();
    const arch = outputOf('dpkg', ['--print-architecture']) ?? 'amd64';
    await step('base image', () => baseImage(docker, { cache, arch, name: BASE, log }));
    await step('client plugins', () => docker.takePlugins(BASE));
    await buildImages(run, { base: BASE, version: describeSource(root).version });
    const sizes = Object.keys(IMAGES).map((target) => [
      `siteglass-${target}`,
      imageSize(docker, `siteglass-${target}`),
    ]);
    await verifyStreams(run);
    await lint(run);
    const memory = [await verifyCloud(run), await verifySingle(run), await verifyLan(run)].flat();
    console.log(
      `\n${table(['image', 'on disk'], sizes)}\n\n${table(['container, idle', 'memory'], memory)}`,
    );
  } finally {
    await docker.stop();
    rmSync(runFolder, { recursive: true, force: true });
    if (!keepData) rmSync(folder, { recursive: true, force: true });
  }
  if (failed()) console.log(`\nFull output: ${log}`);
  return failed() ? 1 : 0;
}
