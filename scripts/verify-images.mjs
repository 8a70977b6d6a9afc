// Builds both images and brings up both compose files with a Docker daemon of its own, as root: `npm run verify:images`.
// No registry is needed: the base image is debootstrapped, and what docker-compose.cloud.yml names besides is made of
// Debian's packages (deploy/verify/). With `--keep-data`, builds go on where the last run ended (10 GB below the user's
// cache folder); else nothing but the base image stays.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { outputOf, succeeds } from './lib/command.mjs';
import { buildImages, imageSize } from './lib/images/build.mjs';
import { baseImage, Docker } from './lib/images/docker.mjs';
import { lint } from './lib/images/lint.mjs';
import { inSandbox } from './lib/images/sandbox.mjs';
import { stepper, table } from './lib/images/steps.mjs';
import { verifyCloud } from './lib/images/verify-cloud.mjs';
import { verifyLan, verifySingle } from './lib/images/verify-others.mjs';
import { describeSource } from './lib/package-source.mjs';
import { Problem, runMain } from './lib/problem.mjs';
import { projectRoot } from './lib/set-up.mjs';

const BASE = 'debian:trixie-slim';
/** What has to be there, with Debian's package of each. */
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
  const args = process.argv.slice(2);
  const { values } = parseArgs({
    args,
    options: {
      'keep-data': { type: 'boolean', default: false },
      inside: { type: 'boolean', default: false },
    },
  });
  requireTools();
  const code = await inSandbox(fileURLToPath(import.meta.url), args);
  return code ?? verify(values);
});

function requireTools() {
  const missing = Object.keys(TOOLS).filter(
    (name) => !succeeds('sh', ['-c', `command -v ${name}`]),
  );
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((name) => TOOLS[name]))].join(' ');
  throw new Problem(`${missing.join(', ')} missing; on Debian: apt-get install ${packages}`);
}

async function verify({ 'keep-data': keepData }) {
  const cache = join(
    process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
    'siteglass',
    'images',
  );
  mkdirSync(cache, { recursive: true });
  mkdirSync(join(projectRoot, 'var'), { recursive: true });
  const runFolder = mkdtempSync(join(tmpdir(), 'siteglass-images-'));
  const log = join(projectRoot, 'var', 'verify-images.log');
  rmSync(log, { force: true });
  const folder = join(cache, 'docker');
  const docker = new Docker({ folder, runFolder, log });
  const { step, failed } = stepper(log);
  const what = { docker, root: projectRoot, runFolder, step };
  process.chdir(projectRoot);
  try {
    await docker.start();
    docker.prune();
    const arch = outputOf('dpkg', ['--print-architecture']);
    await step('base image', () => baseImage(docker, { cache, arch, name: BASE, log }));
    await step('client plugins', () => docker.takePlugins(BASE));
    await buildImages({ ...what, base: BASE, version: describeSource(projectRoot).version });
    const sizes = ['siteglass-edge', 'siteglass-relay'].map((name) => [
      name,
      imageSize(docker, name),
    ]);
    await lint(what);
    const memory = [
      await verifyCloud(what),
      await verifySingle(what),
      await verifyLan(what),
    ].flat();
    console.log(
      `\n${table(['image', 'on disk'], sizes)}\n\n${table(['container, idle', 'memory'], memory)}`,
    );
  } finally {
    await docker.stop();
    rmSync(runFolder, { recursive: true, force: true });
    if (!keepData) rmSync(folder, { recursive: true, force: true });
  }
  if (failed()) console.log(`\nAll output: ${log}`);
  return failed() ? 1 : 0;
}
