import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api, curlUpload } from './api.mjs';
import { Compose, eventually, fileFor, hardened, makeSecrets, memoryOf, must } from './compose.mjs';
import { cloudEnv, edgeOf, HOST, SITE, takeAuthority } from './projects.mjs';

/** The profile for one machine: broker, database and images are the relay's own. */
export async function verifySingle({ docker, root, runFolder, step }) {
  const secrets = makeSecrets(root, runFolder);
  const token = readFileSync(join(secrets, 'admin-token'), 'utf8').trim();
  const cloud = new Compose(docker, {
    files: [join(root, 'docker-compose.cloud.yml'), join(root, 'deploy/verify/cloud.yaml')],
    env: cloudEnv(secrets),
    profile: 'single',
  });
  let edge;
  try {
    await step('the profile “single” comes up without broker, database and storage', async () => {
      await cloud.up('balancer', 'single');
      await cloud.settled();
      const services = cloud
        .containers()
        .map(({ Config }) => Config.Labels['com.docker.compose.service']);
      must(
        !services.some((name) => ['broker', 'database', 'storage', 'relay'].includes(name)),
        `${services}`,
      );
      hardened(cloud);
    });
    const ca = await takeAuthority(cloud);
    const caFile = fileFor(runFolder, ca);
    const api = new Api({ host: HOST, ca, token });
    await step('an upload and a site’s summaries reach it', async () => {
      const { detections } = curlUpload({
        host: HOST,
        caFile,
        picture: join(root, 'samples/3-sign-near.jpg'),
      });
      must(detections.length > 0, 'nothing was found');
      const { json } = await api.json('POST', '/api/v1/sites', { id: SITE });
      edge = edgeOf({
        docker,
        root,
        runFolder,
        caFile,
        password: json.password,
        url: `mqtt://${HOST}`,
      });
      await edge.up();
      await eventually('no summary arrives', 120_000, async () => {
        const { json } = await api.json('GET', `/api/v1/sites/${SITE}`);
        return json.site.summaries > 0;
      });
    });
    return memoryOf(docker, cloud).filter(([name]) => name.includes('single'));
  } finally {
    await edge?.down();
    await cloud.down();
  }
}

/** The appliance without a relay, and the broker for dashboards beside it. */
export async function verifyLan({ docker, root, runFolder, step }) {
  const more = `lan:
  url: mqtt://broker:1883
  username: appliance
  password: { file: /run/secrets/lan-appliance-password }
`;
  const caFile = fileFor(runFolder, '');
  const edge = edgeOf({ docker, root, runFolder, caFile, url: '', more });
  const mosquitto = (program, ...args) =>
    edge.exec(
      'broker',
      'sh',
      '-c',
      `${program} -u dashboard -P "$(cat /run/secrets/lan-dashboard-password)" ${args.join(' ')}`,
    );
  try {
    await step('docker-compose.edge.yml comes up with its profile “lan”', async () => {
      await edge.up();
      await edge.settled();
      hardened(edge);
    });
    await step(
      'a dashboard hears the camera and commands it, and may not speak for it',
      async () => {
        await eventually('the state does not come', 60_000, () =>
          /"stop sign"/.test(
            mosquitto('mosquitto_sub', `-t siteglass/${SITE}/street/state`, '-C 1 -W 5'),
          ),
        );
        const heard = mosquitto(
          `(sleep 1; mosquitto_pub -u dashboard -P "$(cat /run/secrets/lan-dashboard-password)" -t siteglass/${SITE}/street/command -m pause) & mosquitto_sub`,
          `-t siteglass/${SITE}/street/result`,
          '-C 1 -W 20',
        );
        must(JSON.parse(heard).ok, `the command was answered: ${heard}`);
        mosquitto('mosquitto_pub', `-r -t siteglass/${SITE}/street/availability -m lie`);
        const [said] = mosquitto(
          'mosquitto_sub',
          `-t siteglass/${SITE}/street/availability -C 1 -W 5`,
        ).split('\n');
        must(said === 'offline', `the camera’s availability is ${said}`);
      },
    );
    await step('its own files are all it can write, and its first token is there', () => {
      const token = edge.exec('edge', 'cat', '/var/lib/siteglass-edge/admin-token');
      must(/^sg_[\w-]{43}$/.test(token), 'there is no token');
      const tried = edge.exec(
        'edge',
        'bash',
        '-c',
        'echo x > /usr/x || echo x > /etc/siteglass/x || echo refused',
      );
      must(tried === 'refused', `it wrote: ${tried}`);
    });
    return memoryOf(docker, edge);
  } finally {
    await edge.down();
  }
}
