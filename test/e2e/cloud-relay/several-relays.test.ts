import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { ImageResult } from '../../../core/contract/image.js';
import { BLOB_LEASE_MS } from '../../../core/images/blob-leases.js';
import { siteClientId } from '../../../core/messaging/access-rules.js';
import { ApiClient } from '../../support/api-client.js';
import { aSummary } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { connectedBus } from '../../support/message-bus.js';
import { startMosquitto, startSecuredMosquitto } from '../../support/mosquitto.js';
import { startRelay } from '../../support/relay.js';
import { withPostgres } from '../../support/relay-databases.js';
import { renderScene } from '../../support/render-scene.js';
import { withS3 } from '../../support/s3.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;

const newDatabase = withPostgres(test);
const newBucket = withS3(test);
const API = '/api/v1';

/** Two relays at one Mosquitto, one PostgreSQL database and one bucket. */
async function startTwo(t: ExecutionContext) {
  const [{ url: broker }, s3, database] = await Promise.all([
    startMosquitto(t),
    newBucket(),
    newDatabase(),
  ]);
  const clock = { now: Date.now() };
  const settings = [
    `mqtt=${JSON.stringify({ external: { url: broker } })}`,
    `database=${JSON.stringify({ url: database })}`,
    `files=${JSON.stringify({ s3 })}`,
    'demo={ uploadsPerMinute: 10000, requestsPerMinute: 10000, workerSecondsPerMinute: 600 }',
  ];
  const start = async () => {
    const relay = await startRelay(settings, { clock: () => clock.now });
    t.teardown(() => relay.stop());
    return relay;
  };
  const first = await start();
  const second = await start();
  const api = async (url: string) => ApiClient.connect(url, first.adminToken);
  return {
    broker,
    clock,
    relays: [first, second] as const,
    apis: [await api(first.url), await api(second.url)] as const,
  };
}

const scene = (seed: number) =>
  renderScene({ width: 480, height: 270, seed, signs: [{ cx: 200, cy: 120, size: 90 }] });

test("two relays share a site's records, and either serves all of them", async (t) => {
  const { broker, relays, apis } = await startTwo(t);
  const site = await connectedBus(t, broker);
  await eventually(() => relays.every(({ ingest }) => ingest.status().waiting === 0));
  let acknowledged = 0;
  site.subscribe('ack', { site: 'north' }, ({ payload }) => {
    acknowledged = Math.max(acknowledged, payload.seq);
  });
  await site.publish('siteAvailability', { site: 'north' }, 'online');
  const epoch = randomUUID();
  const count = 400;
  const records = Array.from({ length: count }, (_, i) => ({
    v: 1 as const,
    epoch,
    seq: i + 1,
    first: 1,
    summary: aSummary(),
  }));
  await eventually(async () => {
    // As the appliance does: what is not acknowledged is sent again.
    await Promise.all(
      records
        .filter(({ seq }) => seq > acknowledged)
        .map((record) => site.publish('up', { site: 'north' }, record)),
    );
    return acknowledged === count;
  });
  t.true(relays.every(({ ingest }) => ingest.status().committed > 0));
  t.is(
    relays.reduce((sum, { ingest }) => sum + ingest.status().committed, 0),
    count,
  );
  for (const api of apis) {
    const { json } = await api.get<{ site: object }>(t, `${API}/sites/north`);
    t.like(json.site, { summaries: count, availability: 'online' });
    const gaps = await api.get<{ gaps: object[] }>(t, `${API}/sites/north/gaps`);
    t.deepEqual(gaps.json.gaps, []);
  }
});

test('an image that one relay received is served by the other, in every form', async (t) => {
  const { apis } = await startTwo(t);
  const [one, other] = apis;
  const { jpeg } = await scene(1);
  const { json } = await one.upload<Analysed>(t, jpeg);
  const { links } = json.image;
  t.deepEqual((await other.get(t, links.original)).bytes, jpeg);
  const part = await other.get(t, links.original, { Range: 'bytes=10-19' });
  t.deepEqual(part.bytes, jpeg.subarray(10, 20));
  const drawn = (await other.get(t, links.processed)).bytes;
  t.deepEqual((await one.get(t, links.processed)).bytes, drawn);
  t.true((await other.upload<Analysed>(t, jpeg)).json.cached);
  t.is((await other.delete(t, links.original)).status, 200);
  t.is((await one.get(t, links.original)).status, 404);
});

test('bytes that one relay removes while the other stores them again stay', async (t) => {
  const { apis, relays, clock } = await startTwo(t);
  const [one, other] = apis;
  const { jpeg } = await scene(2);
  for (let round = 0; round < 12; round++) {
    const { json } = await one.upload<Analysed>(t, jpeg);
    // The lease of the upload before is over, so the bytes may go as soon as nothing refers to them.
    clock.now += BLOB_LEASE_MS + 1;
    const [, again] = await Promise.all([
      one.delete(t, json.image.links.original),
      other.upload<Analysed>(t, jpeg),
      relays[0].images.expiry.sweep(),
    ]);
    const { links } = again.json.image;
    t.deepEqual((await one.get(t, links.original)).bytes, jpeg, `round ${round}`);
    t.is((await one.get<Analysed>(t, links.detections)).json.status, 'OK');
    t.is((await other.get(t, links.processed)).status, 200);
    await other.delete(t, links.original);
  }
});

test('unreferenced bytes are removed once no upload can be about to refer to them', async (t) => {
  const { apis, relays, clock } = await startTwo(t);
  const [one, other] = apis;
  const { json } = await one.upload<Analysed>(t, (await scene(3)).jpeg);
  await other.get(t, json.image.links.processed);
  await other.delete(t, json.image.links.original);
  const { store, expiry } = relays[1].images;
  await expiry.sweep();
  t.truthy(await store.original(json.image.sha256));
  clock.now += BLOB_LEASE_MS + 1;
  await expiry.sweep();
  t.is(await store.original(json.image.sha256), undefined);
  t.is(store.budget.usedBytes, 0);
});

test('relays that start at the same time on an empty database create one admin token, which all accept', async (t) => {
  for (let round = 0; round < 3; round++) {
    const database = JSON.stringify({ url: await newDatabase() });
    const relays = await Promise.all(
      [1, 2, 3, 4].map(() => startRelay([`database=${database}`, 'detection.workers=1'])),
    );
    t.teardown(() => Promise.all(relays.map((relay) => relay.stop())));
    const made = relays.map(({ adminToken }) => adminToken).filter(Boolean);
    t.is(made.length, 1);
    for (const { tokens } of relays)
      t.like(await tokens.verify(made[0] ?? ''), { name: 'admin', role: 'admin' });
  }
});

test('a given admin token is valid at every relay, and a new one replaces it', async (t) => {
  const database = `database=${JSON.stringify({ url: await newDatabase() })}`;
  const token = (letter: string) => `sg_${letter.repeat(43)}`;
  const start = async (adminToken: string) => {
    const relay = await startRelay([database, `http.adminToken=${adminToken}`]);
    t.teardown(() => relay.stop());
    return relay;
  };
  const relays = await Promise.all([start(token('a')), start(token('a'))]);
  for (const { tokens, adminToken } of relays) {
    t.like(await tokens.verify(token('a')), { role: 'admin' });
    t.is(adminToken, '', 'no file is written');
  }
  await start(token('b'));
  for (const { tokens } of relays) {
    t.like(await tokens.verify(token('b')), { role: 'admin' });
    t.is(await tokens.verify(token('a')), undefined);
  }
  await t.throwsAsync(start('guess'), { message: /admin token must be/ });
});

test('a site that one relay provisions reports to all of them', async (t) => {
  const broker = await startSecuredMosquitto(t);
  const external = {
    url: broker.url,
    username: 'relay',
    password: 'the relay’s own',
    dynamicSecurity: broker.administrator,
  };
  const settings = [
    `mqtt=${JSON.stringify({ external })}`,
    `database=${JSON.stringify({ url: await newDatabase() })}`,
  ];
  const first = await startRelay(settings);
  const second = await startRelay(settings);
  t.teardown(() => Promise.all([first.stop(), second.stop()]));
  const { password } = await first.fleet.createSite('north');
  const site = await connectedBus(t, broker.url, {
    clientId: siteClientId('north'),
    username: 'north',
    password,
  });
  const epoch = randomUUID();
  let acknowledged = 0;
  site.subscribe('ack', { site: 'north' }, ({ payload }) => {
    acknowledged = Math.max(acknowledged, payload.seq);
  });
  await eventually(async () => {
    for (let seq = acknowledged + 1; seq <= 40; seq++)
      await site.publish(
        'up',
        { site: 'north' },
        { v: 1, epoch, seq, first: 1, summary: aSummary() },
      );
    return acknowledged === 40;
  });
  for (const { ingest } of [first, second]) {
    t.true(ingest.status().committed > 0);
    t.is(ingest.status().refused, 0);
  }
});
