import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readPackages } from '../../scripts/lib/npm-packages.mjs';
import { must } from './compose.js';
import type { Docker } from './docker.js';
import type { Verification } from './verification.js';

/** The images by target, with the limit of their size in megabytes. */
export const IMAGES = { edge: 300, relay: 300, 'edge-streams': 600, 'relay-streams': 600 };
/** The newest version that runs on Node.js 20. */
const KUBERNETES_MODELS = '4.5.1';
const STAND_INS = ['postgres', 'mosquitto', 'caddy', 'acme', 'storage', 'client', 'lint'];

/** Builds the images as the head of the Dockerfile shows, and the stand-ins for the images of others. */
export async function buildImages(
  { docker, root, step }: Verification,
  { base, version }: { base: string; version: string },
): Promise<void> {
  const common = ['--build-arg', `BASE=${base}`, ...hostSecrets()];
  const build = (args: string[], failure: string) =>
    docker.run(['build', '--progress', 'plain', ...common, ...args, root], { failure });
  for (const [target, maxMegabytes] of Object.entries(IMAGES)) {
    const name = `siteglass-${target}`;
    await step(`the image ${name} is built and smaller than ${maxMegabytes} MB`, async () => {
      const args = ['--target', target, '--tag', name, '--build-arg', `VERSION=${version}`];
      await build(args, `${name} cannot be built`);
      const megabytes = docker.sizeOf(name) / 1e6;
      must(megabytes < maxMegabytes, `it has ${megabytes.toFixed(0)} MB`);
      return imageSize(docker, name);
    });
  }
  await step('stand-ins for the images of others are built', async () => {
    for (const target of STAND_INS) {
      const args = ['--file', join(root, 'deploy/verify/Dockerfile'), '--target', target];
      const versions = Object.entries({
        S3RVER: lockedVersion(root, 's3rver'),
        YAML: lockedVersion(root, 'yaml'),
        KUBERNETES_MODELS,
      }).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
      const name = `siteglass-verify-${target}`;
      await build([...args, ...versions, '--tag', name], `${name} cannot be built`);
    }
  });
}

export const imageSize = (docker: Docker, name: string): string =>
  `${(docker.sizeOf(name) / 1e6).toFixed(0)} MB`;

function lockedVersion(root: string, name: string): string {
  const locked = readPackages(join(root, 'package-lock.json')) ?? {};
  const version = locked[`node_modules/${name}`]?.version;
  must(version, `package-lock.json has no ${name}`);
  return version;
}

/** This machine's authorities, npm settings and proxies, to reach the registries. Nothing of them stays in an image. */
function hostSecrets(): string[] {
  const ca = process.env.NODE_EXTRA_CA_CERTS;
  const npmrc = join(homedir(), '.npmrc');
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [
    name,
    name.toUpperCase(),
  ]);
  return [
    ...(ca && existsSync(ca) ? ['--secret', `id=ca,src=${ca}`] : []),
    ...(existsSync(npmrc) ? ['--secret', `id=npmrc,src=${npmrc}`] : []),
    ...proxies.filter((name) => process.env[name]).flatMap((name) => ['--build-arg', name]),
  ];
}
