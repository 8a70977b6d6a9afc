import test from 'ava';
import { type Kysely, sql } from 'kysely';
import { commitPerSite } from '../../../cloud-relay/ingest/commit-per-site.js';
import { Ingest, type IngestOptions } from '../../../cloud-relay/ingest/ingest.js';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import { isPostgres } from '../../../core/store/dialect.js';
import { aDetection, anArrival, EPOCH, log } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { startFleet } from '../../support/fleet.js';
import { relayDatabases } from '../../support/relay-databases.js';

type Relay = Awaited<ReturnType<typeof startFleet>>;

async function startIngest({ bus, db, registry, appliances }: Relay, options: IngestOptions = {}) {
  const ingest = new Ingest(bus, db, registry, log, options);
  await ingest.start();
  const acks: number[] = [];
  appliances.subscribe('ack', {}, ({ payload }) => {
    if (payload.epoch === EPOCH) acks.push(payload.seq);
  });
  const deliver = (...seqs: number[]) =>
    Promise.all(
      seqs.map((seq) => appliances.publish('up', { site: 'north' }, anArrival(seq).record)),
    );
  return { ingest, acks, deliver };
}

test('records are committed in batches and acknowledged up to the first gap', async (t) => {
  const relay = await startFleet(t);
  const { ingest, acks, deliver } = await startIngest(relay, { lingerMs: 50 });
  await deliver(1, 2, 3, 5, 6);
  await eventually(() => acks.includes(3));
  await deliver(4);
  await eventually(() => acks.includes(6));
  t.true(ingest.status().batches <= 4);
  t.like(ingest.status(), { received: 6, committed: 6, duplicates: 0, failed: 0, waiting: 0 });
});

test('a lost acknowledgement is repeated when the records are resent', async (t) => {
  const relay = await startFleet(t);
  const { ingest, acks, deliver } = await startIngest(relay);
  await deliver(1, 2);
  await eventually(() => acks.at(-1) === 2);
  acks.length = 0;
  await deliver(1);
  await eventually(() => acks.length > 0);
  t.deepEqual(acks, [2]);
  t.like(ingest.status(), { committed: 2, duplicates: 1 });
});

test('an appliance that connects receives its current position', async (t) => {
  const relay = await startFleet(t);
  const { acks, deliver } = await startIngest(relay);
  await deliver(1, 2);
  await eventually(() => acks.at(-1) === 2);
  acks.length = 0;
  await relay.appliances.publish('siteAvailability', { site: 'north' }, 'online');
  await eventually(() => acks.length > 0);
  t.deepEqual(acks, [2]);
  await relay.appliances.publish('siteAvailability', { site: 'unheard-of' }, 'online');
  await deliver(3);
  await eventually(() => acks.at(-1) === 3);
});

test('a slow database slows down reading instead of piling up records', async (t) => {
  const relay = await startFleet(t);
  const { ingest, acks, deliver } = await startIngest(relay, {
    maxBatch: 5,
    maxPending: 10,
    lingerMs: 0,
  });
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, ingest.status().waiting);
  }, 1);
  await deliver(...Array.from({ length: 300 }, (_, i) => i + 1));
  await eventually(() => acks.at(-1) === 300);
  clearInterval(watch);
  t.true(most <= 10, `${most} waited`);
  t.is(ingest.status().committed, 300);
});

test('sites are registered on first contact up to the limit, and not at all if they must be provisioned', async (t) => {
  const open = await startFleet(t, { admitUnknown: true, maxSites: 2 });
  const opened = await startIngest(open);
  for (const site of ['a', 'b', 'c'])
    await open.appliances.publish('up', { site }, anArrival(1).record);
  await eventually(() => opened.ingest.status().refused === 1);
  await eventually(() => opened.ingest.status().committed === 2);
  t.deepEqual(
    (await open.fleet.listSites()).sites.map(({ id }) => id),
    ['a', 'b'],
  );

  const closed = await startFleet(t, { admitUnknown: false });
  const { ingest } = await startIngest(closed);
  await closed.fleet.createSite('known');
  for (const site of ['stranger', 'known'])
    await closed.appliances.publish('up', { site }, anArrival(1).record);
  await eventually(() => ingest.status().committed === 1);
  t.is(ingest.status().refused, 1);
  t.deepEqual(
    (await closed.fleet.listSites()).sites.map(({ id }) => id),
    ['known'],
  );
});

test('records that cannot be stored are neither acknowledged nor fatal', async (t) => {
  const relay = await startFleet(t);
  const { ingest, acks, deliver } = await startIngest(relay);
  await deliver(1);
  await eventually(() => acks.length === 1);
  await relay.db.schema.alterTable('summary').renameTo('away').execute();
  await deliver(2);
  await eventually(() => ingest.status().failed === 1);
  await relay.db.schema.alterTable('away').renameTo('summary').execute();
  await deliver(2);
  await eventually(() => acks.length === 2);
  t.deepEqual(acks, [1, 2]);
});

for (const { name, open } of relayDatabases(test))
  test(`the first records of a new site are all stored (${name})`, async (t) => {
    const relay = await startFleet(t, { admitUnknown: true }, undefined, open);
    const { ingest, acks, deliver } = await startIngest(relay, { lingerMs: 0 });
    await deliver(...Array.from({ length: 100 }, (_, i) => i + 1));
    await eventually(() => acks.at(-1) === 100);
    t.like(ingest.status(), { received: 100, committed: 100, refused: 0, failed: 0 });
  });

for (const { name, open } of relayDatabases(test))
  test(`records that the database rejects block only those of their own site (${name})`, async (t) => {
    const relay = await startFleet(t, { admitUnknown: true }, undefined, open);
    const { ingest, acks, deliver } = await startIngest(relay, { lingerMs: 50 });
    await refuseSummariesOf('broken', relay.db);
    const broken = Promise.all(
      [1, 2].map((seq) =>
        relay.appliances.publish('up', { site: 'broken' }, anArrival(seq).record),
      ),
    );
    await Promise.all([broken, deliver(1, 2, 3)]);
    await eventually(() => acks.includes(3));
    t.like(ingest.status(), { received: 5, committed: 3, duplicates: 0, failed: 2, waiting: 0 });
    const { rows } = await sql`select distinct site from summary`.execute(relay.db);
    t.deepEqual(rows, [{ site: 'north' }]);
  });

test('while the database cannot write at all, a batch is not retried for each site', async (t) => {
  const relay = await startFleet(t);
  let tries = 0;
  const full = Object.assign(new Error('no room'), { code: 'SQLITE_FULL' });
  const arrivals = ['a', 'b', 'c'].map((site) => anArrival(1, { site }));
  const faults = await commitPerSite(relay.db, arrivals, async () => {
    tries++;
    throw full;
  });
  t.is(tries, 1);
  t.deepEqual(faults, [full, full, full]);
});

test('a record that does not match the contract is counted and not acknowledged, and the next one is stored', async (t) => {
  const relay = await startFleet(t);
  const { ingest, acks, deliver } = await startIngest(relay);
  const detections = Array.from({ length: 1_000 }, (_, i) => aDetection(`label ${i}`));
  await relay.appliances.publish(
    'up',
    { site: 'north' },
    anArrival(1, { summary: { detections } }).record,
  );
  await deliver(2);
  // The acknowledgement arrives a moment before the commit is counted.
  await eventually(() => acks.length > 0 && ingest.status().committed > 0);
  t.deepEqual(acks, [0]);
  t.is(relay.bus.status().invalid, 1);
  t.like(ingest.status(), { received: 1, committed: 1, failed: 0 });
});

async function refuseSummariesOf(site: string, db: Kysely<RelayTables>): Promise<void> {
  if (isPostgres(db))
    await sql`alter table summary add check (site <> ${sql.lit(site)})`.execute(db);
  else
    await sql`create trigger refuse before insert on summary when new.site = ${sql.lit(site)}
      begin select raise(abort, 'refused'); end`.execute(db);
}
