import test, { type ExecutionContext } from 'ava';
import type { Problem } from '../../../core/contract/problem.js';
import { silentProxy } from '../../fakes/silent-proxy.js';
import { ApiClient } from '../../support/api-client.js';
import { eventually } from '../../support/eventually.js';
import { startRelay } from '../../support/relay.js';
import { withPostgresServer } from '../../support/relay-databases.js';
import { renderScene } from '../../support/render-scene.js';
import { withS3 } from '../../support/s3.js';

const server = withPostgresServer(test);
const newBucket = withS3(test);
const API = '/api/v1';

type Readiness = { status: string; reasons: string[] };

async function relayBehindProxy(t: ExecutionContext) {
  const proxy = await silentProxy(t, { path: server().socket });
  const url = server().through(await server().createDatabase(), proxy.port);
  const relay = await startRelay([`database.url=${url}`]);
  t.teardown(async () => {
    proxy.restore();
    await relay.stop();
  });
  const admin = await ApiClient.connect(relay.url, relay.adminToken);
  const readyz = () => admin.get<Readiness>(t, '/readyz');
  const metrics = async () => {
    const { status, bytes } = await admin.get(t, '/metrics');
    return { status, text: String(bytes) };
  };
  t.is((await readyz()).status, 200);
  t.is((await metrics()).status, 200);
  return { proxy, admin, readyz, metrics };
}

async function showsThatTheDatabaseIsAway(
  t: ExecutionContext,
  { admin, readyz, metrics }: Awaited<ReturnType<typeof relayBehindProxy>>,
) {
  const notReady = await eventually('not ready', async () => {
    const answer = await readyz();
    return answer.status === 503 && answer;
  });
  t.true(
    notReady.json.reasons.some((reason) => reason.includes('database')),
    notReady.json.reasons.join(),
  );
  const began = performance.now();
  const { status, text } = await metrics();
  t.is(status, 200);
  t.true(performance.now() - began < 10_000, 'within the deadline of a scrape');
  t.regex(text, /^siteglass_requirement_up\{requirement="database"\} 0$/m);
  t.regex(text, /^siteglass_broker_connected 1$/m, 'what it knows');
  t.notRegex(text, /^siteglass_sites_stale \d/m);
  for (const path of [`${API}/sites`, `${API}/objectdetection/image`]) {
    const answer = await admin.get<Problem>(t, path);
    t.is(answer.status, 503, path);
    t.is(answer.json.code, 'database_unavailable');
    t.is(answer.headers.get('retry-after'), '5');
  }
}

test('a relay whose database refuses connections is not ready, says so, and recovers', async (t) => {
  const relay = await relayBehindProxy(t);
  relay.proxy.refuse();
  await showsThatTheDatabaseIsAway(t, relay);
  relay.proxy.restore();
  await eventually('ready again', async () => (await relay.readyz()).status === 200);
  const { text } = await relay.metrics();
  t.regex(text, /^siteglass_requirement_up\{requirement="database"\} 1$/m);
  t.regex(text, /^siteglass_sites_stale 0$/m);
});

test('a relay whose database accepts connections and does not answer is not ready, says so, and recovers', async (t) => {
  const relay = await relayBehindProxy(t);
  relay.proxy.silenceNew();
  await showsThatTheDatabaseIsAway(t, relay);
  relay.proxy.restore();
  await eventually('ready again', async () => (await relay.readyz()).status === 200);
});

test('a relay whose bucket does not answer is not ready, and refuses uploads with a reason', async (t) => {
  const { bucket, endpoint = '', accessKeyId, secretAccessKey } = await newBucket();
  const proxy = await silentProxy(t, { host: '127.0.0.1', port: Number(new URL(endpoint).port) });
  const relay = await startRelay([
    `files.s3={ bucket: ${bucket}, endpoint: "http://127.0.0.1:${proxy.port}", pathStyle: true, accessKeyId: "${accessKeyId}", secretAccessKey: "${secretAccessKey}" }`,
  ]);
  t.teardown(() => relay.stop());
  const admin = await ApiClient.connect(relay.url, relay.adminToken);
  const readyz = () => admin.get<Readiness>(t, '/readyz');
  t.is((await readyz()).status, 200);
  proxy.refuse();
  const { json } = await eventually('not ready', async () => {
    const answer = await readyz();
    return answer.status === 503 && answer;
  });
  t.regex(json.reasons.join(), /^the file store is not available: it /);
  const { jpeg } = await renderScene({ width: 480, height: 270, seed: 1, signs: [] });
  const refused = await admin.upload<Problem>(t, jpeg);
  t.is(refused.status, 503);
  t.is(refused.json.code, 'files_unavailable');
  proxy.restore();
  await eventually('ready again', async () => (await readyz()).status === 200);
  t.is((await admin.upload(t, jpeg)).status, 200);
});

test('a relay without its broker is not ready', async (t) => {
  const relay = await startRelay([
    'mqtt={ root: siteglass, external: { url: "mqtt://127.0.0.1:1" } }',
  ]);
  t.teardown(() => relay.stop());
  const admin = await ApiClient.connect(relay.url, relay.adminToken);
  const { status, json } = await admin.get<Readiness>(t, '/readyz');
  t.is(status, 503);
  t.deepEqual(json.reasons, ['there is no connection to the MQTT broker']);
});
