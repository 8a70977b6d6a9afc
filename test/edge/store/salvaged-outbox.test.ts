import { copyFileSync, rmSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import { SiteRegistry } from '../../../cloud-relay/fleet/site-registry.js';
import { Ingest } from '../../../cloud-relay/ingest/ingest.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { openGuarded } from '../../../core/store/guarded-database.js';
import { tablesOf } from '../../../core/store/table-set.js';
import { fileIdentity } from '../../../edge/store/file-identity.js';
import { guardOptions } from '../../../edge/store/guard-options.js';
import { Outbox } from '../../../edge/store/outbox.js';
import { OutboxMarkKeeper } from '../../../edge/store/outbox-mark-keeper.js';
import { type EdgeTables, outboxTables } from '../../../edge/store/tables.js';
import { Uplink } from '../../../edge/uplink/uplink.js';
import { startBroker } from '../../support/broker.js';
import * as damage from '../../support/damage.js';
import { appendSummaries, log, relayDatabase } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { connectedBus, createBus } from '../../support/message-bus.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const site = 'north';

async function startIngest(t: ExecutionContext, url: string) {
  const db = await relayDatabase(t);
  const registry = new SiteRegistry(db, { admitUnknown: true }, log);
  await registry.start();
  await new Ingest(await connectedBus(t, url), db, registry, log).start();
  return {
    committed: async () =>
      (await db.selectFrom('summary').select('snapshot').execute()).map(({ snapshot }) => snapshot),
    gaps: async () => {
      const rows = await db.selectFrom('absence').selectAll().execute();
      return rows.map(({ reason, from_seq, to_seq }) => ({ reason, count: to_seq - from_seq + 1 }));
    },
  };
}

/** An appliance's database, opened as the appliance does. */
async function open(t: ExecutionContext, folder: string) {
  const options = { ...guardOptions(folder, log, systemClock), checkMs: 60_000 };
  const { db, guard, close } = await openGuarded<EdgeTables>(options);
  t.teardown(close);
  const tables = tablesOf(db, outboxTables);
  const outbox = new Outbox(tables);
  const mark = new OutboxMarkKeeper(tables, outbox, options.file, log);
  await mark.start();
  const deliver = async (url: string) => {
    const birth = { topic: 'siteAvailability', names: { site }, payload: 'online' } as const;
    const bus = createBus(t, url, { birth });
    const identity = await fileIdentity(options.file);
    const uplink = new Uplink(bus, outbox, { site, settleOn: 'ack', identity, graceMs: 400 }, log);
    await uplink.start();
    await bus.start();
    await eventually(async () => {
      const { ackedSeq, lastSeq } = await outbox.state();
      return ackedSeq === lastSeq;
    });
    await uplink.stop();
    await bus.stop();
  };
  return {
    outbox,
    guard,
    file: options.file,
    produce: (count: number) => appendSummaries(tables, outbox, count),
    deliver,
    begin: async () => outbox.begin(await fileIdentity(options.file)),
    close: async () => {
      await mark.stop();
      await close();
    },
  };
}

/**
 * Thirty summaries are delivered and 400 wait when the database is damaged; twenty are recorded offline after the repair.
 * Resolves with what the relay has after the rest is delivered, and with what was lost.
 */
async function damaged(t: ExecutionContext, hurt: (file: string) => void) {
  const { url } = await startBroker(t);
  const relay = await startIngest(t, url);
  const folder = await temporaryFolder(t);
  const before = await open(t, folder);
  const first = await before.produce(30);
  await before.deliver(url);
  const { epoch } = await before.outbox.state();
  const waiting = await before.produce(400);
  await before.close();
  hurt(before.file);

  const after = await open(t, folder);
  t.is(after.guard.reasons().length, 1);
  await after.begin();
  const since = await after.produce(20);
  await after.deliver(url);
  const committed = await relay.committed();
  t.is(new Set(committed).size, committed.length, 'nothing is counted twice');
  t.true(committed.every((snapshot) => [...first, ...waiting, ...since].includes(snapshot)));
  t.true(first.every((snapshot) => committed.includes(snapshot)));
  t.true(
    since.every((snapshot) => committed.includes(snapshot)),
    'what came later has arrived',
  );
  const lost = waiting.filter((snapshot) => !committed.includes(snapshot)).length;
  const gaps = await relay.gaps();
  const { epoch: epochAfter } = await after.outbox.state();
  return { lost, gaps, isSameEpoch: epoch === epochAfter, reasons: after.guard.reasons() };
}

const reported = (gaps: { reason: string; count: number }[]) =>
  gaps.reduce((sum, { reason, count }) => sum + (reason === 'damaged' ? count : 0), 0);

test('a damaged leaf of the outbox costs its summaries, and the relay is told how many', async (t) => {
  const { lost, gaps, reasons } = await damaged(t, (file) =>
    damage.damagePages(file, damage.pagesOf(file, 'outbox', 'leaf').slice(3, 5)),
  );
  t.true(lost > 0 && lost < 40, String(lost));
  t.is(reported(gaps), lost);
  t.is(gaps.length, 1);
  t.regex(
    reasons[0] ?? '',
    new RegExp(`lost: ${lost} rows of outbox .*${lost} summaries of the backlog`),
  );
});

for (const [name, hurt] of [
  [
    'the root of the outbox',
    (file) => damage.damagePages(file, damage.pagesOf(file, 'outbox', 'internal')),
  ],
  [
    'an index of the outbox',
    (file) => damage.damagePages(file, damage.pagesOf(file, 'outbox_image', 'internal'), 12),
  ],
  ['the header', damage.zeroHeader],
  [
    'the state of the outbox',
    (file) => damage.damagePages(file, damage.pagesOf(file, 'outbox_state', 'leaf')),
  ],
  ['the first page', (file) => damage.damagePages(file, [1])],
] as [string, (file: string) => void][])
  test(`with damage of ${name}, every summary arrives, once`, async (t) => {
    const { lost, gaps, isSameEpoch } = await damaged(t, hurt);
    t.is(lost, 0);
    t.deepEqual(gaps, []);
    t.true(isSameEpoch);
  });

test('an emptied database continues its epoch, and the relay is told what the outbox held', async (t) => {
  const { lost, gaps } = await damaged(t, (file) => damage.empty(file));
  t.is(lost, 400);
  t.deepEqual(gaps, [{ reason: 'damaged', count: 400 }]);
});

test('so does one that is missing', async (t) => {
  const { lost, gaps } = await damaged(t, (file) => rmSync(file));
  t.is(lost, 400);
  t.deepEqual(gaps, [{ reason: 'damaged', count: 400 }]);
});

test('without its mark, an outbox that lost its state starts a new epoch', async (t) => {
  const { lost, isSameEpoch } = await damaged(t, (file) => {
    rmSync(`${file}.outbox`);
    damage.damagePages(file, damage.pagesOf(file, 'outbox_state', 'leaf'));
  });
  t.is(lost, 0);
  t.false(isSameEpoch);
});

test('a database that fell back to an older state reports what it lost', async (t) => {
  const { url } = await startBroker(t);
  const relay = await startIngest(t, url);
  const folder = await temporaryFolder(t);
  const before = await open(t, folder);
  const first = await before.produce(10);
  await before.deliver(url);
  await before.close();
  copyFileSync(before.file, `${before.file}.older`);
  const later = await open(t, folder);
  await later.produce(30);
  await later.close();
  copyFileSync(`${before.file}.older`, before.file);

  const after = await open(t, folder);
  const since = await after.produce(5);
  await after.deliver(url);
  t.deepEqual((await relay.committed()).sort(), [...first, ...since].sort());
  t.deepEqual(await relay.gaps(), [{ reason: 'damaged', count: 30 }]);
});

test('a summary that is damaged within its text is reported, and those behind it arrive', async (t) => {
  const { url } = await startBroker(t);
  const relay = await startIngest(t, url);
  const folder = await temporaryFolder(t);
  const before = await open(t, folder);
  const produced = await before.produce(20);
  await before.close();
  // No check of SQLite notices it.
  const sqlite = new Sqlite(before.file);
  sqlite.exec("update outbox set payload = replace(payload, '{\"camera', '{camera') where seq = 7");
  sqlite.close();
  const after = await open(t, folder);
  await after.deliver(url);
  const arrived = produced.filter((_, i) => i !== 6);
  t.deepEqual((await relay.committed()).sort(), arrived.sort());
  t.deepEqual(await relay.gaps(), [{ reason: 'damaged', count: 1 }]);
});
