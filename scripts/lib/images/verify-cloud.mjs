import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { Api, curlUpload } from './api.mjs';
import { Compose, eventually, fileFor, makeSecrets, must } from './compose.mjs';

export const HOST = 'relay.example.test';
const SITE = 'depot-7';
/** Requests of the stream during which a relay is killed, and how many are under way at once. */
const STREAM = 400;
const AT_ONCE = 8;

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
      const { status } = await api.json('DELETE', `/api/v1/sites/${SITE}`);
      must(status === 200, `DELETE answered ${status}`);
      await eventually('the appliance is still connected', 60_000, () =>
        /"msg":"no broker"/.test(edge.output('logs', '--no-color', '--since', '30s', 'edge')),
      );
      must(summariesIn(cloud) === 0, 'its summaries are still there');
    });
    return [...memory, ...edgeMemory];
  } finally {
    await edge?.down();
    await cloud.down();
  }
}

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
const certificate = (port, ca) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: HOST, ca }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.once('error', reject);
    socket.setTimeout(5_000, () => socket.destroy(new Error('no handshake in 5 s')));
  });

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

export function memoryOf(docker, project) {
  const names = project
    .containers()
    .filter(({ State }) => State.Running)
    .map(({ Name }) => Name.slice(1));
  const lines = docker.output([
    'stats',
    '--no-stream',
    '--format',
    '{{.Name}}\t{{.MemUsage}}',
    ...names,
  ]);
  return lines.split('\n').map((line) => line.split(/\t| \/ /).slice(0, 2));
}

/** What every container of the compose files promises, but for the one-shot that gives volumes to their users. */
export function hardened(project) {
  for (const { Name, Config, HostConfig } of project.containers()) {
    const service = Config.Labels['com.docker.compose.service'];
    if (service === 'acme') continue;
    const is = (condition, what) => must(condition, `${Name} ${what}`);
    is(HostConfig.CapDrop?.includes('ALL'), 'keeps capabilities');
    is(HostConfig.SecurityOpt?.includes('no-new-privileges:true'), 'may gain privileges');
    is(HostConfig.ReadonlyRootfs, 'has a writable root');
    if (service === 'owners') continue;
    is(Config.User && !/^(0|root)(:|$)/.test(Config.User), 'is root’s');
    is(
      HostConfig.Memory > 0 && HostConfig.PidsLimit > 0 && HostConfig.NanoCpus > 0,
      'has no limits',
    );
  }
}

/** One address spends its quota; another one is answered all the same. */
function quotas(docker, cloud) {
  const network = Object.keys(cloud.containers('balancer')[0].NetworkSettings.Networks)[0];
  const from = (count) =>
    docker
      .output(
        [
          ...[
            'run',
            '--rm',
            '--interactive',
            '--network',
            network,
            'siteglass-verify-client',
            'sh',
            '-c',
          ],
          `cat > /tmp/a.jpg; for i in $(seq ${count}); do
             curl -ks -o /dev/null -w '%{http_code}\\n' -F image=@/tmp/a.jpg https://${HOST}/api/v1/objectdetection/image
           done`,
        ],
        { input: readFileSync('samples/1-empty-street.jpg') },
      )
      .split('\n');
  const greedy = from(420);
  must(
    greedy.filter((status) => status === '200').length === 400,
    `of 420 uploads were taken: ${count(greedy)}`,
  );
  must(greedy.at(-1) === '429', `the last of 420 uploads got ${greedy.at(-1)}`);
  const network2 = docker.output([
    'run',
    '--detach',
    '--network',
    network,
    'siteglass-verify-client',
    'sleep',
    '60',
  ]);
  const other = from(3);
  docker.output(['rm', '--force', network2]);
  must(
    other.every((status) => status === '200'),
    `another address was refused: ${other}`,
  );
  return `${count(greedy)} for one, ${count(other)} for another`;
}

const count = (values) => {
  const counts = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return Object.entries(counts)
    .map(([value, times]) => `${times} × ${value}`)
    .join(', ');
};

/** Uploads and reads, half each; at a third of them the relay that serves this address is killed outright. */
async function killDuringStream({ docker, cloud, api, root }) {
  const jpeg = readFileSync(join(root, 'samples/3-sign-near.jpg'));
  const anyone = new Api({ host: api.host, ca: api.ca });
  const first = JSON.parse((await anyone.upload(jpeg)).body);
  const statuses = [];
  let next = 0;
  let killed;
  const worker = async () => {
    while (next < STREAM) {
      const i = next++;
      if (i === STREAM / 4 || i === STREAM / 2)
        killed = [...(killed ?? []), killBusiest(docker, cloud)];
      const answer = await (i % 2
        ? anyone.upload(jpeg)
        : anyone.call('GET', first.image.links.original)
      ).catch(({ message }) => ({ status: message }));
      statuses.push(answer.status);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  must(
    statuses.every((status) => status === 200),
    `of ${STREAM} requests came back: ${count(statuses)}`,
  );
  await cloud.settled();
  return `${STREAM} requests, ${count(statuses)}; killed: ${killed.join(', ')}`;
}

/** Kills the process of the relay that used the most processor time, as a crash would, so that it is started again. */
function killBusiest(docker, cloud) {
  const relays = cloud.containers('relay').filter(({ State }) => State.Running);
  const ticks = ({ State }) =>
    readFileSync(`/proc/${State.Pid}/stat`, 'utf8')
      .split(' ')
      .slice(13, 17)
      .reduce((sum, n) => sum + Number(n), 0);
  const [busiest] = relays.sort((a, b) => ticks(b) - ticks(a));
  process.kill(busiest.State.Pid, 'SIGKILL');
  return docker.inspect(busiest.Id).Name.slice(1);
}

async function scale(docker, cloud) {
  await cloud.up('--scale', 'relay=3', '--no-recreate');
  await cloud.settled();
  const relays = cloud.containers('relay');
  must(relays.length === 3, `${relays.length} relays run`);
  const network = Object.keys(cloud.containers('balancer')[0].NetworkSettings.Networks)[0];
  // Twelve clients at once have twelve addresses.
  const clients = Array.from({ length: 12 }, () =>
    docker.output([
      'run',
      '--detach',
      '--network',
      network,
      'siteglass-verify-client',
      'sh',
      '-c',
      asksFor(20),
    ]),
  );
  const answers = clients.flatMap((id) => {
    docker.output(['wait', id]);
    const said = docker.output(['logs', id]).split('\n');
    docker.output(['rm', id]);
    return said;
  });
  must(
    answers.every((status) => status === '200'),
    `answers: ${count(answers)}`,
  );
  const served = relays.map(({ Id }) =>
    Number(docker.output(['exec', Id, 'bash', '-c', REQUESTS])),
  );
  must(
    served.every((n) => n > 0),
    `requests by relay: ${served}`,
  );
  return `${count(answers)} from 12 addresses; requests by relay: ${served.join(', ')}`;
}

const asksFor = (times) =>
  `for i in $(seq ${times}); do curl -ks -o /dev/null -w '%{http_code}\\n' https://${HOST}/api/v1/objectdetection/detectors; done`;

/** How many of those a relay has answered, by its own metrics. */
const REQUESTS = `exec 3<>/dev/tcp/127.0.0.1/8090
printf 'GET /metrics HTTP/1.0\\r\\nAuthorization: Bearer %s\\r\\n\\r\\n' "$(cat /run/secrets/admin-token)" >&3
n=0; while read -r name value; do case $name in
  siteglass_http_request_duration_seconds_count*detectors*) n=\${value%%.*} ;; esac; done <&3; echo "$n"`;

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
