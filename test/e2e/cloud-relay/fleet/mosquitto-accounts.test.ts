import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { DynamicSecurity } from '../../../../cloud-relay/fleet/dynamic-security.js';
import { MosquittoAccounts } from '../../../../cloud-relay/fleet/mosquitto-accounts.js';
import {
  type Account,
  mayPublish,
  maySubscribe,
  mayUseClientId,
  siteClientId,
} from '../../../../core/messaging/access-rules.js';
import { ApiClient } from '../../../support/api-client.js';
import { aSummary, EPOCH, log, ROOT } from '../../../support/delivery-fixtures.js';
import { eventually } from '../../../support/eventually.js';
import { type SecuredMosquitto, startSecuredMosquitto } from '../../../support/mosquitto.js';
import { startRelay } from '../../../support/relay.js';

const SITES = '/api/v1/sites';
const RELAY = { username: 'relay', password: 'the relay’s own' };

async function relayAt(t: ExecutionContext, broker: SecuredMosquitto, more: string[] = []) {
  const external = { url: broker.url, ...RELAY, dynamicSecurity: broker.administrator };
  const relay = await startRelay([`mqtt=${JSON.stringify({ external })}`, ...more]);
  t.teardown(() => relay.stop());
  return { ...relay, admin: await ApiClient.connect(relay.url, relay.adminToken) };
}

/** The accounts alone, without a relay around them. */
async function accountsAt(t: ExecutionContext, { url, administrator }: SecuredMosquitto) {
  const accounts = new MosquittoAccounts(
    new DynamicSecurity({ url, ...administrator }),
    { root: ROOT, ...RELAY },
    log,
  );
  t.teardown(() => accounts.stop());
  await accounts.start();
  return accounts;
}

async function connect(t: ExecutionContext, url: string, options: IClientOptions) {
  const client = await connectAsync(url, { reconnectPeriod: 0, protocolVersion: 5, ...options });
  client.on('error', () => undefined);
  t.teardown(() => client.end(true));
  return client;
}

const asSite = (site: string, password: string): IClientOptions => ({
  username: site,
  password,
  clientId: siteClientId(site),
});

/** Whether the broker takes it (MQTT 5 says so in its PUBACK). */
const publishes = (client: MqttClient, topic: string) =>
  client.publishAsync(topic, 'x', { qos: 1 }).then(
    () => true,
    () => false,
  );

const subscribes = (client: MqttClient, filter: string) =>
  client.subscribeAsync(filter, { qos: 1 }).then(
    ([granted]) => granted !== undefined && granted.qos < 128,
    () => false,
  );

test('a site provisioned at the relay reports through Mosquitto until it is removed', async (t) => {
  const broker = await startSecuredMosquitto(t);
  const { admin } = await relayAt(t, broker);
  const { json } = await admin.post<{ password: string }>(t, SITES, { id: 'north' });
  const credentials = asSite('north', json.password);
  const site = await connect(t, broker.url, credentials);
  await site.subscribeAsync(`${ROOT}/north/ack`, { qos: 1 });
  const record = { v: 1, epoch: EPOCH, seq: 1, first: 1, summary: aSummary() };
  const acknowledged = new Promise<[string, Buffer]>((resolve) =>
    site.once('message', (topic, payload) => resolve([topic, payload])),
  );
  await eventually(async () => {
    await site.publishAsync(`${ROOT}/north/up`, JSON.stringify(record), { qos: 1 });
    const { json } = await admin.get<{ site: { summaries: number } }>(t, `${SITES}/north`);
    return json.site.summaries === 1;
  });
  const [topic, payload] = await acknowledged;
  t.is(topic, `${ROOT}/north/ack`);
  t.like(JSON.parse(String(payload)), { epoch: EPOCH, seq: 1 });

  const renewed = await admin.post<{ password: string }>(t, `${SITES}/north/password`);
  t.is(renewed.status, 200);
  await t.throwsAsync(connect(t, broker.url, credentials), { message: /not authorized/i });
  const newer = asSite('north', renewed.json.password);
  const replacement = await connect(t, broker.url, newer);
  t.true(await publishes(replacement, `${ROOT}/north/up`));

  const cut = new Promise<void>((resolve) => replacement.once('close', () => resolve()));
  t.is((await admin.delete(t, `${SITES}/north`)).status, 200);
  await cut;
  await t.throwsAsync(connect(t, broker.url, newer), { message: /not authorized/i });
  const again = await admin.post<{ password: string }>(t, SITES, { id: 'north' });
  t.is(again.status, 201);
  await t.throwsAsync(connect(t, broker.url, newer));
  t.true((await connect(t, broker.url, asSite('north', again.json.password))).connected);
});

test('Mosquitto applies the same rules to a site as the embedded broker', async (t) => {
  const broker = await startSecuredMosquitto(t);
  const accounts = await accountsAt(t, broker);
  await accounts.create('north', 'secret');
  const account: Account = { role: 'site', site: 'north' };
  const site = await connect(t, broker.url, asSite('north', 'secret'));
  for (const topic of [
    ...['up', 'ack', 'health', 'availability', 'gate/state', 'gate/command', 'gate/event'].flatMap(
      (end) => [`${ROOT}/north/${end}`, `${ROOT}/northern/${end}`, `elsewhere/north/${end}`],
    ),
    ...['anything', 'gate/anything', 'gate/state/more'].map((end) => `${ROOT}/north/${end}`),
    'homeassistant/device/siteglass-north/other',
    'homeassistant/device/siteglass-north/config',
    'homeassistant/device/siteglass-northern/config',
    'homeassistant/device/siteglass-north/gate/config',
    'homeassistant/device/siteglass-northern/gate/config',
    'homeassistant/status',
    'elsewhere',
    '$CONTROL/dynamic-security/v1',
  ])
    t.is(await publishes(site, topic), mayPublish(account, ROOT, topic), `publish ${topic}`);
  for (const filter of [
    '#',
    `${ROOT}/#`,
    `${ROOT}/+/ack`,
    ...['#', 'ack', 'up', '+', '+/command', 'gate/command', '+/result', '+/+', 'gate/+'].flatMap(
      (end) => [`${ROOT}/north/${end}`, `${ROOT}/northern/${end}`],
    ),
    `$share/x/${ROOT}/north/up`,
    ...['availability', '+/availability', 'gate/availability', 'health'].flatMap((end) => [
      `${ROOT}/north/${end}`,
      `${ROOT}/northern/${end}`,
    ]),
    'homeassistant/device/siteglass-north/config',
    'homeassistant/device/siteglass-north/+/config',
    'homeassistant/device/siteglass-northern/+/config',
    'homeassistant/device/+/config',
    'homeassistant/status',
    'homeassistant/#',
    '$SYS/#',
    '$CONTROL/#',
  ])
    t.is(await subscribes(site, filter), maySubscribe(account, ROOT, filter), `hear ${filter}`);
  for (const clientId of ['siteglass-south', 'anything']) {
    t.false(mayUseClientId(account, clientId));
    const other = { ...asSite('north', 'secret'), clientId };
    await t.throwsAsync(connect(t, broker.url, other), undefined, clientId);
  }
});

test('the relay may acknowledge and subscribe, and nothing else', async (t) => {
  const broker = await startSecuredMosquitto(t);
  await accountsAt(t, broker);
  const relay = await connect(t, broker.url, { ...RELAY, clientId: 'relay-x' });
  t.true(await publishes(relay, `${ROOT}/north/ack`));
  for (const topic of [`${ROOT}/north/up`, `${ROOT}/north/gate/command`, 'elsewhere'])
    t.false(await publishes(relay, topic), topic);
  for (const filter of [`${ROOT}/+/availability`, `$share/siteglass-relay/${ROOT}/+/up`])
    t.true(await subscribes(relay, filter), filter);
  for (const filter of ['#', '$share/x/#', 'homeassistant/#', '$CONTROL/#'])
    t.false(await subscribes(relay, filter), filter);
});

test('relays that start at the same time prepare a broker together, and a later one disrupts nobody', async (t) => {
  const broker = await startSecuredMosquitto(t);
  await Promise.all([1, 2, 3, 4].map(() => accountsAt(t, broker)));
  const relay = await connect(t, broker.url, { ...RELAY, clientId: 'relay-x' });
  const first = await accountsAt(t, broker);
  await first.create('north', 'secret');
  const site = await connect(t, broker.url, asSite('north', 'secret'));
  await accountsAt(t, broker);
  t.true(await publishes(site, `${ROOT}/north/up`));
  t.true(relay.connected && site.connected);
});

test('a site cannot take the name of another account at the broker', async (t) => {
  const broker = await startSecuredMosquitto(t);
  const { admin } = await relayAt(t, broker);
  for (const id of [RELAY.username, broker.administrator.username]) {
    const { status, json } = await admin.post<{ code: string }>(t, SITES, { id });
    t.is(status, 409, id);
    t.is(json.code, 'conflict');
    t.is((await admin.get(t, `${SITES}/${id}`)).status, 404);
  }
  t.is((await admin.post(t, SITES, { id: 'north' })).status, 201);
});

test('while the broker is unreachable no site can be created or removed; afterwards both work', async (t) => {
  const broker = await startSecuredMosquitto(t);
  const { admin } = await relayAt(t, broker);
  t.is((await admin.post(t, SITES, { id: 'north' })).status, 201);
  broker.process.kill('SIGKILL');
  await once(broker.process, 'exit');
  const refused = await admin.post<{ code: string }>(t, SITES, { id: 'south' });
  t.is(refused.status, 503);
  t.is(refused.json.code, 'broker_unavailable');
  t.is((await admin.get(t, `${SITES}/south`)).status, 404);
  t.is((await admin.delete(t, `${SITES}/north`)).status, 503);
  t.is((await admin.get(t, `${SITES}/north`)).status, 200);
  await broker.restart();
  t.is((await admin.post(t, SITES, { id: 'south' })).status, 201);
  t.is((await admin.delete(t, `${SITES}/north`)).status, 200);
});

test('a relay that starts before its broker prepares it when it comes up', async (t) => {
  const broker = await startSecuredMosquitto(t);
  broker.process.kill('SIGKILL');
  await once(broker.process, 'exit');
  await accountsAt(t, broker);
  await broker.restart();
  await eventually(() =>
    connect(t, broker.url, { ...RELAY, clientId: 'relay-x' }).then(
      () => true,
      () => false,
    ),
  );
  t.pass();
});
