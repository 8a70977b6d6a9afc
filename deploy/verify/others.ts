import { Api } from './api.js';
import { type Compose, eventually, fileFor, memoryOf, must, requireHardened } from './compose.js';
import { cloudOf, edgeOf, HOST, provision, SITE, takeAuthority, uploadSample } from './projects.js';
import type { Verification } from './verification.js';

/** The profile for one machine: the relay contains broker, database and image store. */
export async function verifySingle(run: Verification): Promise<string[][]> {
  const { docker, runFolder, step } = run;
  const { cloud, token } = cloudOf(run, 'single');
  let edge: Compose | undefined;
  try {
    await step('the profile “single” starts without broker, database and storage', async () => {
      await cloud.up('balancer', 'single');
      await cloud.untilHealthy();
      const services = cloud
        .containers()
        .map(({ Config }) => Config.Labels['com.docker.compose.service']);
      must(
        !services.some((name) => ['broker', 'database', 'storage', 'relay'].includes(name ?? '')),
        `${services}`,
      );
      requireHardened(cloud);
    });
    const ca = await takeAuthority(cloud);
    const caFile = fileFor(runFolder, ca);
    const api = new Api({ host: HOST, ca, token });
    await step('an upload and a site’s summaries reach it', async () => {
      must(uploadSample(run, caFile).length > 0, 'the result has no detections');
      edge = edgeOf(run, { caFile, password: await provision(api), url: `mqtt://${HOST}` });
      await edge.up();
      await eventually('no summary arrives', 120_000, async () => {
        const { json } = await api.json<{ site: { summaries: number } }>(
          'GET',
          `/api/v1/sites/${SITE}`,
        );
        return json.site.summaries > 0;
      });
    });
    return memoryOf(docker, cloud).filter(([name]) => name?.includes('single'));
  } finally {
    await edge?.down();
    await cloud.down();
  }
}

/** The appliance without a relay, with a broker for dashboards. */
export async function verifyLan(run: Verification): Promise<string[][]> {
  const { docker, runFolder, step } = run;
  const more = `lan:
  url: mqtt://broker:1883
  username: appliance
  password: { file: /run/secrets/lan-appliance-password }
`;
  const caFile = fileFor(runFolder, '');
  const edge = edgeOf(run, { caFile, url: '', more });
  const mosquitto = (program: string, ...args: string[]) =>
    edge.exec(
      'broker',
      'sh',
      '-c',
      `${program} -u dashboard -P "$(cat /run/secrets/lan-dashboard-password)" ${args.join(' ')}`,
    );
  try {
    await step('docker-compose.edge.yml starts with its profile “lan”', async () => {
      await edge.up();
      await edge.untilHealthy();
      requireHardened(edge);
    });
    await step(
      'a dashboard reads a camera’s state and sends commands, but may not publish as the camera',
      async () => {
        await eventually('no state arrives', 60_000, () =>
          /"stop sign"/.test(
            mosquitto('mosquitto_sub', `-t siteglass/${SITE}/street/state`, '-C 1 -W 5'),
          ),
        );
        const result = mosquitto(
          `(sleep 1; mosquitto_pub -u dashboard -P "$(cat /run/secrets/lan-dashboard-password)" -t siteglass/${SITE}/street/command -m pause) & mosquitto_sub`,
          `-t siteglass/${SITE}/street/result`,
          '-C 1 -W 20',
        );
        must(JSON.parse(result).ok, `the result of the command: ${result}`);
        mosquitto('mosquitto_pub', `-r -t siteglass/${SITE}/street/availability -m lie`);
        const [availability] = mosquitto(
          'mosquitto_sub',
          `-t siteglass/${SITE}/street/availability -C 1 -W 5`,
        ).split('\n');
        must(availability === 'offline', `the camera’s availability is ${availability}`);
      },
    );
    await step('it can write only its own files, and its first token exists', () => {
      const token = edge.exec('edge', 'cat', '/var/lib/siteglass-edge/admin-token');
      must(/^sg_[\w-]{43}$/.test(token), 'no token');
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
