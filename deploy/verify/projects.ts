import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { type Api, curlUpload } from './api.js';
import { Compose, eventually, fileFor, makeSecrets, must } from './compose.js';
import type { Verification } from './verification.js';

export const HOST = 'relay.example.test';
export const SITE = 'depot-7';

/** The cloud by docker-compose.cloud.yml, and the token of its first administrator. */
export function cloudOf(
  { docker, root, runFolder }: Verification,
  profile?: string,
): { cloud: Compose; token: string } {
  const secrets = makeSecrets(root, runFolder);
  const cloud = new Compose(docker, {
    files: [join(root, 'docker-compose.cloud.yml'), join(root, 'deploy/verify/cloud.yaml')],
    env: cloudEnv(secrets),
    ...(profile !== undefined && { profile }),
  });
  return { cloud, token: readFileSync(join(secrets, 'admin-token'), 'utf8').trim() };
}

/** The detections in a sample image with a stop sign, which curl uploads through the balancer. */
export const uploadSample = ({ root }: Verification, caFile: string): { label: string }[] =>
  curlUpload({ host: HOST, caFile, image: join(root, 'samples/3-sign-near.jpg') }).detections;

/** Adds the site of the appliance. Resolves with its password. */
export async function provision(api: Api): Promise<string> {
  const { json } = await api.json<{ password?: string }>('POST', '/api/v1/sites', { id: SITE });
  must(json.password, `the site was not provisioned: ${JSON.stringify(json)}`);
  return json.password;
}

/** The variables of docker-compose.cloud.yml, with the images of the stand-ins. */
function cloudEnv(secrets: string): Record<string, string> {
  return {
    SITEGLASS_HOST: HOST,
    SITEGLASS_SECRETS: secrets,
    SITEGLASS_MQTT_BIND: '0.0.0.0',
    ACME_EMAIL: 'ops@example.test',
    ACME_CA: 'https://acme:14000/dir',
    CADDY_IMAGE: 'siteglass-verify-caddy',
    MOSQUITTO_IMAGE: 'siteglass-verify-mosquitto',
    POSTGRES_IMAGE: 'siteglass-verify-postgres',
    SEAWEEDFS_IMAGE: 'siteglass-verify-storage',
    SITEGLASS_RELAY_IMAGE: 'siteglass-relay',
  };
}

interface EdgeOptions {
  caFile: string;
  password?: string;
  /** The relays' broker. With an empty one the appliance has only the LAN's broker. */
  url?: string;
  /** Further lines of its configuration. */
  more?: string;
}

/** An appliance with a sample camera, by docker-compose.edge.yml. */
export function edgeOf(
  { docker, root, runFolder }: Verification,
  { caFile, password, url = `mqtts://${HOST}`, more = '' }: EdgeOptions,
): Compose {
  const config = fileFor(
    runFolder,
    `site: ${SITE}
dataFolder: /var/lib/siteglass-edge
detection: { workers: 1 }
${
  url
    ? `mqtt:
  url: ${url}
  username: ${SITE}
  password: { file: /run/secrets/mqtt-password }
${url.startsWith('mqtts') ? '  caFile: /etc/siteglass/ca.pem\n' : ''}`
    : ''
}cameras: [{ id: street, kind: folder, path: /samples, loop: true, schedule: '* * * * * *' }]
${more}`,
  );
  return new Compose(docker, {
    files: [join(root, 'docker-compose.edge.yml'), join(root, 'deploy/verify/edge.yaml')],
    env: {
      SITEGLASS_HOST: HOST,
      SITEGLASS_EDGE_IMAGE: 'siteglass-edge',
      MOSQUITTO_IMAGE: 'siteglass-verify-mosquitto',
      SITEGLASS_EDGE_CONFIG: config,
      SITEGLASS_SECRETS: makeSecrets(root, runFolder),
      SITEGLASS_MQTT_PASSWORD_FILE: fileFor(runFolder, password ?? 'none'),
      VERIFY_CA: caFile,
    },
    ...(url ? {} : { profile: 'lan' }),
  });
}

/** The root certificate of the stand-in for Let's Encrypt, which makes a new one at each start. */
export async function takeAuthority(cloud: Compose): Promise<string> {
  const ask = [
    'wget',
    '-q',
    '-O',
    '-',
    '--no-check-certificate',
    'https://127.0.0.1:15000/roots/0',
  ];
  const ca = cloud.exec('acme', ...ask);
  await eventually('the balancer has no certificate', 60_000, async () =>
    Boolean(await certificate(443, ca)),
  );
  return ca;
}

/** The fingerprint of the certificate that a port shows for our name; rejects if it is not valid. */
export const certificate = (port: number, ca: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: HOST, ca }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
    socket.setTimeout(5_000, () => socket.destroy(new Error('no handshake in 5 s')));
  });
