import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { SiteRegistry } from '../../cloud-relay/fleet/site-registry.js';
import { Ingest } from '../../cloud-relay/ingest/ingest.js';
import { systemClock } from '../../core/runtime/clock.js';
import { fileIdentity } from '../../edge/store/file-identity.js';
import { defaultBudget, Outbox } from '../../edge/store/outbox.js';
import { Uplink } from '../../edge/uplink/uplink.js';
import { startBroker } from '../support/broker.js';
import {
  appendSummaries,
  log,
  openOutboxDatabase,
  relayDatabase,
} from '../support/delivery-fixtures.js';
import { eventually } from '../support/eventually.js';
import { connectedBus, createBus } from '../support/message-bus.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const site = 'north';

async function startIngest(t: ExecutionContext, url: string) {
  const db = await relayDatabase(t);
  const registry = new SiteRegistry(db, { admitUnknown: true }, log);
  await registry.start();
  await new Ingest(await connectedBus(t, url), db, registry, log).start();
  const committed = async () => {
    const rows = await db.selectFrom('summary').select('snapshot').orderBy('seq').execute();
    return rows.map(({ snapshot }) => snapshot);
  };
  return { db, committed };
}

async function openAppliance(t: ExecutionContext, path: string, maxBytes = defaultBudget.maxBytes) {
  const { db, sqlite, close } = await openOutboxDatabase(path);
  t.teardown(close);
  const outbox = new Outbox(db, systemClock, { ...defaultBudget, maxBytes });
  const produce = (count: number) => appendSummaries(db, outbox, count);
  /** Connects, delivers all that waits, and disconnects. */
  const deliver = async (url: string) => {
    // As an appliance does: the relay answers it with where it stands.
    const birth = { topic: 'siteAvailability', names: { site }, payload: 'online' } as const;
    const bus = createBus(t, url, { birth });
    const identity = await fileIdentity(path);
    const uplink = new Uplink(bus, outbox, { site, settleOn: 'ack', identity, graceMs: 400 }, log);
    await uplink.start();
    await bus.start();
    await eventually(
      async () => (await outbox.state()).ackedSeq === (await outbox.state()).lastSeq,
    );
    await uplink.stop();
    await bus.stop();
  };
  /** A process that starts, records, and ends, all without a connection. */
  const begin = async () => outbox.begin(await fileIdentity(path));
  return { outbox, sqlite, close, produce, deliver, begin };
}

test('a restored copy of the database loses nothing and doubles nothing at the relay', async (t) => {
  const { url } = await startBroker(t);
  const relay = await startIngest(t, url);
  const folder = await temporaryFolder(t);
  const [path, copy] = [join(folder, 'edge.db'), join(folder, 'copy.db')];
  const original = await openAppliance(t, path);
  const first = await original.produce(30);
  await original.deliver(url);
  const waiting = await original.produce(20);
  original.sqlite.pragma('wal_checkpoint(TRUNCATE)');
  await copyFile(path, copy);
  const later = await original.produce(15);
  await original.deliver(url);

  const offline = await openAppliance(t, copy);
  await offline.begin();
  const since = await offline.produce(25);
  await offline.close();
  const restored = await openAppliance(t, copy);
  await restored.begin();
  since.push(...(await restored.produce(40)));
  await restored.deliver(url);

  const everything = [...first, ...waiting, ...later, ...since];
  t.deepEqual((await relay.committed()).sort(), everything.sort());
  t.is((await restored.outbox.state()).lastSeq, since.length);
  const ledgers = await relay.db.selectFrom('ledger').select(['acked_seq', 'summaries']).execute();
  t.deepEqual(
    ledgers.map(({ summaries }) => summaries).sort((a, b) => a - b),
    [65, 65],
  );
});

test('the relay knows what the budget evicted, and that and the received summaries are everything', async (t) => {
  const { url } = await startBroker(t);
  const relay = await startIngest(t, url);
  const path = join(await temporaryFolder(t), 'edge.db');
  const appliance = await openAppliance(t, path, 20_000);
  const produced = await appliance.produce(400);
  const { evicted } = await appliance.outbox.state();
  await appliance.deliver(url);
  t.true(evicted > 200);
  t.deepEqual(await relay.committed(), produced.slice(evicted));
  const [ledger] = await relay.db.selectFrom('ledger').selectAll().execute();
  t.like(ledger, { acked_seq: 400, summaries: 400 - evicted });
  const absences = await relay.db.selectFrom('absence').selectAll().execute();
  t.is(absences.length, 1);
  t.like(absences[0], { from_seq: 1, to_seq: evicted });
});
