import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api } from './api.js';
import { type Compose, must } from './compose.js';
import type { Container, Docker } from './docker.js';
import { HOST } from './projects.js';
import type { Verification } from './verification.js';

/** Uploads that one address is allowed in a minute (deploy/verify/cloud.yaml). */
const QUOTA = 150;
/** Requests of the stream during which a relay is killed, and how many run concurrently. */
const STREAM = 240;
const AT_ONCE = 8;
/** Addresses that send requests to three relays. */
const CLIENTS = 20;

/** One address uses up its quota; another one still gets its answers. */
export function quotas(docker: Docker, cloud: Compose): string {
  const network = networkOf(cloud);
  const uploads = (times: number) =>
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
          `cat > /tmp/a.jpg; seq ${times} | xargs -P 8 -I N curl -ks -o /dev/null -w '%{http_code}\n' \
             -F image=@/tmp/a.jpg https://${HOST}/api/v1/objectdetection/image`,
        ],
        { input: readFileSync('samples/1-empty-street.jpg') },
      )
      .split('\n');
  const greedy = uploads(QUOTA + 10);
  must(count(greedy) === `${QUOTA} × 200, 10 × 429`, `${QUOTA + 10} uploads: ${count(greedy)}`);
  // It gets the address that has become free.
  const inPlace = [
    'run',
    '--detach',
    '--network',
    network,
    'siteglass-verify-client',
    'sleep',
    '60',
  ];
  const id = docker.output(inPlace);
  const other = uploads(3);
  docker.output(['rm', '--force', id]);
  must(count(other) === '3 × 200', `another address: ${count(other)}`);
  return `${count(greedy)} for one, ${count(other)} for another`;
}

const networkOf = (cloud: Compose): string =>
  Object.keys(cloud.container('balancer').NetworkSettings.Networks)[0] ?? 'none';

const count = (values: (string | number | undefined)[]): string => {
  const counts: Record<string, number> = {};
  for (const value of values.map(String)) counts[value] = (counts[value] ?? 0) + 1;
  return Object.entries(counts)
    .map(([value, times]) => `${times} × ${value}`)
    .join(', ');
};

/** Uploads and reads, half each; after a third of them the relay that serves this address gets SIGKILL. */
export async function killDuringStream(
  { docker, root }: Verification,
  cloud: Compose,
  api: Api,
): Promise<string> {
  const jpeg = readFileSync(join(root, 'samples/3-sign-near.jpg'));
  const anyone = new Api({ host: api.host, ca: api.ca });
  const first: { image: { links: { original: string } } } = JSON.parse(
    (await anyone.upload(jpeg)).body.toString('utf8'),
  );
  const serving = await relayOf(docker, cloud, anyone);
  const statuses: (string | number | undefined)[] = [];
  let next = 0;
  const worker = async () => {
    while (next < STREAM) {
      const i = next++;
      // Like a crash: Docker restarts the relay.
      if (i === STREAM / 3) process.kill(serving.State.Pid, 'SIGKILL');
      const sent = i % 2 ? anyone.upload(jpeg) : anyone.call('GET', first.image.links.original);
      statuses.push(await sent.then(({ status }) => status, String));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  must(count(statuses) === `${STREAM} × 200`, `answers to ${STREAM} requests: ${count(statuses)}`);
  await cloud.untilHealthy();
  const { RestartCount } = docker.inspect(serving.Id);
  must(RestartCount === 1, `the killed relay was restarted ${RestartCount} times`);
  return `${count(statuses)}, ${AT_ONCE} at a time; ${serving.Name.slice(1)} was killed`;
}

/** The relay that serves this address: its count of requests rises. */
async function relayOf(docker: Docker, cloud: Compose, api: Api): Promise<Container> {
  const relays = cloud.containers('relay');
  const before = relays.map(({ Id }) => requestsAt(docker, Id));
  await api.call('GET', '/api/v1/objectdetection/detectors');
  const found = relays.find(({ Id }, i) => requestsAt(docker, Id) > (before[i] ?? 0));
  must(found, 'no relay answered');
  return found;
}

/** Starts a third relay; requests reach all three without a reload of the balancer. */
export async function scale(docker: Docker, cloud: Compose): Promise<string> {
  await cloud.up('--scale', 'relay=3', '--no-recreate');
  await cloud.untilHealthy();
  const relays = cloud.containers('relay');
  must(relays.length === 3, `${relays.length} relays are running`);
  const before = relays.map(({ Id }) => requestsAt(docker, Id));
  // Concurrent clients have an address each.
  const client = ['run', '--detach', '--network', networkOf(cloud), 'siteglass-verify-client'];
  const asks = `for i in 1 2 3 4 5; do curl -ks -o /dev/null -w '%{http_code}\n' https://${HOST}/api/v1/objectdetection/detectors; sleep 1; done`;
  const clients = Array.from({ length: CLIENTS }, () =>
    docker.output([...client, 'sh', '-c', asks]),
  );
  const answers = clients.flatMap((id) => {
    docker.output(['wait', id]);
    const lines = docker.output(['logs', id]).split('\n');
    docker.output(['rm', id]);
    return lines;
  });
  must(count(answers) === `${CLIENTS * 5} × 200`, `answers: ${count(answers)}`);
  const served = relays.map(({ Id }, i) => requestsAt(docker, Id) - (before[i] ?? 0));
  must(
    served.every((n) => n > 0),
    `requests by relay: ${served}`,
  );
  return `${count(answers)} to ${CLIENTS} addresses; by relay: ${served.join(', ')}`;
}

/** How many requests for its detectors a relay has answered, by its own metrics. */
const requestsAt = (docker: Docker, id: string): number =>
  Number(
    docker.output([
      ...['exec', id, 'bash', '-c'],
      `exec 3<>/dev/tcp/127.0.0.1/8090
       printf 'GET /metrics HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\n' "$(cat /run/secrets/admin-token)" >&3
       n=0
       while read -r name value; do
         case $name in siteglass_http_request_duration_seconds_count*detectors*) n=$value ;; esac
       done <&3
       echo "\${n%%.*}"`,
    ]),
  );
