import { join } from 'node:path';
import { connect } from 'node:tls';
import { Compose, eventually, fileFor, makeSecrets } from './compose.mjs';

export const HOST = 'relay.example.test';
export const SITE = 'depot-7';

/** The variables of docker-compose.cloud.yml, with the stand-ins' images. */
export function cloudEnv(secrets) {
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

/** An appliance that goes round the sample pictures, by docker-compose.edge.yml; without `url` beside a broker of the LAN. */
export function edgeOf({
  docker,
  root,
  runFolder,
  caFile,
  password,
  url = `mqtts://${HOST}`,
  more = '',
}) {
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

/** The root that Let's Encrypt's stand-in signs with; it makes a new one at each start. */
export async function takeAuthority(cloud) {
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

/** The fingerprint of the certificate that a port shows for our name, once it is valid. */
export const certificate = (port, ca) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: HOST, ca }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
    socket.setTimeout(5_000, () => socket.destroy(new Error('no handshake in 5 s')));
  });
