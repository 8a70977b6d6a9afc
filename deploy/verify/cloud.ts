import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from './api.js';
import { killDuringStream, quotas, scale } from './balancer.js';
import { type Compose, eventually, fileFor, memoryOf, must, requireHardened } from './compose.js';
import {
  certificate,
  cloudOf,
  edgeOf,
  HOST,
  provision,
  SITE,
  takeAuthority,
  uploadSample,
} from './projects.js';
import type { Verification } from './verification.js';

/** Starts docker-compose.cloud.yml with two relays and checks what it promises. Returns the memory of each container. */
export async function verifyCloud(run: Verification): Promise<string[][]> {
  const { docker, runFolder, step } = run;
  const { cloud, token } = cloudOf(run);
  let edge: Compose | undefined;
  try {
    await step(
      'docker-compose.cloud.yml starts, two relays at once on an empty database',
      async () => {
        await cloud.up();
        await cloud.untilHealthy();
      },
    );
    const memory = await step('idle for 20 s', async () => {
      await sleep(20_000);
      return memoryOf(docker, cloud);
    });
    const ca = await takeAuthority(cloud);
    const caFile = fileFor(runFolder, ca);
    const api = new Api({ host: HOST, ca, token });
    await step('no container runs as root, is writable or privileged', () =>
      requireHardened(cloud),
    );
    await step('an upload with curl through the balancer over TLS', () => {
      const detections = uploadSample(run, caFile);
      must(
        detections.some(({ label }) => label === 'stop sign'),
        'the result has no stop sign',
      );
      return `${detections.length} stop sign`;
    });
    await step('each address has its own quota behind the balancer', () => quotas(docker, cloud));
    const appliance = edgeOf(run, { caFile, password: await provision(api) });
    edge = appliance;
    await step(
      'a summary of an appliance’s container reaches PostgreSQL, over MQTT with TLS',
      async () => {
        await appliance.up();
        await eventually('no summary is in the database', 120_000, () => summariesIn(cloud) > 0);
        return `${summariesIn(cloud)} summaries`;
      },
    );
    const edgeMemory = memoryOf(docker, appliance);
    await step('a relay is killed during a stream of requests, and none is lost', () =>
      killDuringStream(run, cloud, api),
    );
    await step('--scale relay=3', () => scale(docker, cloud));
    await step(
      'the broker keeps its accounts over a restart, and more summaries arrive',
      async () => {
        const before = summariesIn(cloud);
        cloud.output('restart', 'broker');
        await eventually('no further summary arrives', 120_000, () => summariesIn(cloud) > before);
      },
    );
    await step('a renewed certificate reaches the broker without a restart', () =>
      renewal(cloud, ca),
    );
    await step('a removed site cannot connect any more', async () => {
      const since = new Date().toISOString();
      const { status } = await api.json<unknown>('DELETE', `/api/v1/sites/${SITE}`);
      must(status === 200, `DELETE answered ${status}`);
      await eventually('the appliance was not refused', 60_000, () =>
        /not authorized/i.test(appliance.output('logs', '--no-color', '--since', since, 'edge')),
      );
      must(summariesIn(cloud) === 0, 'its summaries are still there');
    });
    return [...memory, ...edgeMemory];
  } finally {
    await edge?.down();
    await cloud.down();
  }
}

const summariesIn = (cloud: Compose): number =>
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

/** Makes the balancer get a new certificate; the broker uses it soon after and keeps its connections. */
async function renewal(cloud: Compose, ca: string): Promise<void> {
  const before = await certificate(8883, ca);
  const started = () => cloud.container('broker').State.StartedAt;
  const since = started();
  cloud.exec('balancer', 'sh', '-c', 'rm -r /data/caddy/certificates');
  cloud.output('restart', 'balancer');
  await eventually('the broker shows the old certificate', 90_000, async () => {
    const [web, mqtt] = await Promise.all([certificate(443, ca), certificate(8883, ca)]);
    return web === mqtt && mqtt !== before;
  });
  must(started() === since, 'the broker was restarted');
}
