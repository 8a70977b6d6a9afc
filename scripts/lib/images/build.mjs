import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { must } from './compose.mjs';

const MAX_MEGABYTES = 700;
/** The newest that runs on Node 20. */
const KUBERNETES_MODELS = '4.5.1';
const STAND_INS = ['postgres', 'mosquitto', 'caddy', 'acme', 'storage', 'client', 'lint'];

/** Builds the two images as the Dockerfile's head says, and the stand-ins for those of others. */
export async function buildImages({ docker, root, step, base, version }) {
  const common = ['--build-arg', `BASE=${base}`, ...hostSecrets()];
  const build = (args, failure) =>
    docker.run(['build', '--progress', 'plain', ...common, ...args, root], { failure });
  for (const target of ['edge', 'relay']) {
    const name = `siteglass-${target}`;
    await step(`the image ${name} is built, below ${MAX_MEGABYTES} MB`, async () => {
      const args = ['--target', target, '--tag', name, '--build-arg', `VERSION=${version}`];
      await build(args, `${name} cannot be built`);
      const megabytes = docker.inspect(name).Size / 1e6;
      must(megabytes < MAX_MEGABYTES, `it has ${megabytes.toFixed(0)} MB`);
      return imageSize(docker, name);
    });
  }
  await step('stand-ins for the images of others are built', async () => {
    const { version: s3rver } = lockedPackage(root, 's3rver');
    const { version: yaml } = lockedPackage(root, 'yaml');
    for (const target of STAND_INS) {
      const args = ['--file', join(root, 'deploy/verify/Dockerfile'), '--target', target];
      const versions = Object.entries({ S3RVER: s3rver, YAML: yaml, KUBERNETES_MODELS }).flatMap(
        ([name, value]) => ['--build-arg', `${name}=${value}`],
      );
      const name = `siteglass-verify-${target}`;
      await build([...args, ...versions, '--tag', name], `${name} cannot be built`);
    }
  });
}

export const imageSize = (docker, name) => `${(docker.inspect(name).Size / 1e6).toFixed(0)} MB`;

const lockedPackage = (root, name) =>
  JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages[
    `node_modules/${name}`
  ];

/** How this machine reaches the registries: its authorities, its npm settings, its proxies. None stays in an image. */
function hostSecrets() {
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
