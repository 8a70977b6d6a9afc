import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Api, curlUpload } from './api.mjs';
import { Compose, eventually, fileFor, hardened, makeSecrets, memoryOf, must } from './compose.mjs';
import { certificate, cloudEnv, edgeOf, HOST, SITE, takeAuthority } from './projects.mjs';
import { killDuringStream, quotas, scale } from './verify-balancer.mjs';

/** Brings docker-compose.cloud.yml up with two relays and holds it to what it promises. Answers what was measured. */
export async function verifyCloud({ docker, root, runFolder, step }) {
  const secrets = makeSecrets(root, runFolder);
  const token = readFileSync(join(secrets, 'admin-token'), 'utf8').trim();
  const cloud = new Compose(docker, {
    files: [join(root, 'docker-compose.cloud.yml'), join(root, 'deploy/verify/cloud.yaml')],
    env: cloudEnv(secrets),
  });
  let edge;
  try {
    await step(
      'docker-compose.cloud.yml comes up, two relays at once on an empty database',
      async () => {
        await cloud.up();
        await cloud.settled();
      },
    );
    const memory = await step('idle for 20 s', async () => {
      await sleep(20_000);
      return memoryOf(docker, cloud);
    });
    const ca = await takeAuthority(cloud);
    const caFile = fileFor(runFolder, ca);
    const api = new Api({ host: HOST, ca, token });
    await step('no container is root’s, writable or privileged', () => hardened(cloud));
    await step('a curl upload through the balancer over TLS', () => {
      const { detections } = curlUpload({
        host: HOST,
        caFile,
        picture: join(root, 'samples/3-sign-near.jpg'),
      });
      must(
        detections.some(({ label }) => label === 'stop sign'),
        'it found no stop sign',
      );
      return `${detections.length} stop sign`;
    });
    await step('each address has a quota of its own behind the balancer', () =>
      quotas(docker, cloud),
    );
    const { json } = await api.json('POST', '/api/v1/sites', { id: SITE });
    must(json.password, `the site was not provisioned: ${JSON.stringify(json)}`);
    edge = edgeOf({ docker, root, runFolder, caFile, password: json.password });
    await step(
      'a summary of an appliance’s container arrives in PostgreSQL, over MQTT with TLS',
      async () => {
        await edge.up();
        await eventually('no summary is in the database', 120_000, () => summariesIn(cloud) > 0);
        return `${summariesIn(cloud)} summaries`;
      },
    );
    const edgeMemory = memoryOf(docker, edge);
    await step('a relay is killed during a stream of requests, and none is lost', () =>
      killDuringStream({ docker, cloud, api, root }),
    );
    await step('--scale relay=3', () => scale(docker, cloud));
    await step('a restart of the broker keeps accounts, and summaries go on arriving', async () => {
      const before = summariesIn(cloud);
      cloud.output('restart', 'broker');
      await eventually('no further summary arrives', 120_000, () => summariesIn(cloud) > before);
    });
    await step('a renewed certificate reaches the broker without a restart', () =>
      renewal(cloud, ca),
    );
    await step('a site that is removed is let in no more', async () => {
      const since = new Date().toISOString();
      const { status } = await api.json('DELETE', `/api/v1/sites/${SITE}`);
      must(status === 200, `DELETE answered ${status}`);
      await eventually('the appliance was not refused', 60_000, () =>
        /not authorized/i.test(edge.output('logs', '--no-color', '--since', since, 'edge')),
      );
      must(summariesIn(cloud) === 0, 'its summaries are still there');
    });
    return [...memory, ...edgeMemory];
  } finally {
    await edge?.down();
    await cloud.down();
  }
}

const summariesIn = (cloud) =>
  Number(
    cloud.exec(
      'database',
      'psql',
      '-U',
      'siteglass',
      '-Atc',
      `select count(*) from summary where site = '${SITE}'`,
    ),
  );

/** The balancer is made to get a new certificate; the broker shows the same one soon after, its connections unbroken. */
async function renewal(cloud, ca) {
  const before = await certificate(8883, ca);
  const started = () => cloud.containers('broker')[0].State.StartedAt;
  const since = started();
  cloud.exec('balancer', 'sh', '-c', 'rm -r /data/caddy/certificates');
  cloud.output('restart', 'balancer');
  await eventually('the broker shows the old certificate', 90_000, async () => {
    const [web, mqtt] = await Promise.all([certificate(443, ca), certificate(8883, ca)]);
    return web === mqtt && mqtt !== before;
  });
  must(started() === since, 'the broker was restarted');
}
