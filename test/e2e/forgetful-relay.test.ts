import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { startBroker } from '../support/broker.js';
import { type ApplianceOptions, startAppliance, startRelay } from '../support/delivery-peers.js';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Delivers 20 summaries, keeps a backup of the relay, delivers 30 more, and puts the backup back. */
async function restoreRelay(t: ExecutionContext, options: ApplianceOptions = {}) {
  const { url } = await startBroker(t);
  const folder = await temporaryFolder(t);
  const [file, backup] = [join(folder, 'relay.db'), join(folder, 'backup.db')];
  const before = await startRelay(t, url, file);
  const appliance = await startAppliance(t, url, options);
  const produced = await appliance.produce(20);
  await appliance.delivered();
  before.sqlite.pragma('wal_checkpoint(TRUNCATE)');
  await copyFile(file, backup);
  produced.push(...(await appliance.produce(30)));
  await appliance.delivered();
  await before.stop();
  return { url, backup, appliance, produced };
}

test('a relay that was restored from a backup gets again what it has forgotten, though nothing new is recorded', async (t) => {
  const { url, backup, appliance, produced } = await restoreRelay(t);
  const relay = await startRelay(t, url, backup);
  await eventually(async () => (await relay.snapshots()).length === 50);
  await appliance.delivered();
  t.deepEqual((await relay.snapshots()).sort(), produced.sort());
  t.deepEqual(await relay.gaps(), []);
  t.like(await appliance.outbox.state(), { ackedSeq: 50, forgotten: 0 });
  t.like(relay.ingest.status(), { lost: 0, conflicts: 0 });
});

test('the same, while the appliance goes on recording', async (t) => {
  const { url, backup, appliance, produced } = await restoreRelay(t);
  const relay = await startRelay(t, url, backup);
  for (let i = 0; i < 10; i++) {
    produced.push(...(await appliance.produce(3)));
    await sleep(100);
  }
  await eventually(async () => (await relay.snapshots()).length === 80);
  await appliance.delivered();
  t.deepEqual((await relay.snapshots()).sort(), produced.sort());
  t.deepEqual(await relay.gaps(), []);
  t.is((await appliance.outbox.state()).forgotten, 0);
});

test('what is not kept any more is reported on both sides at once, though nothing new is recorded', async (t) => {
  const { url, backup, appliance } = await restoreRelay(t, { keptMs: 0 });
  const relay = await startRelay(t, url, backup);
  await eventually(async () => (await relay.gaps()).length > 0);
  t.deepEqual(await relay.gaps(), [{ kind: 'lost', from: 21, to: 50 }]);
  await appliance.delivered();
  t.is((await appliance.outbox.state()).forgotten, 30);
});

test('of what is forgotten, the kept part is sent again and the rest is reported', async (t) => {
  const { url, backup, appliance, produced } = await restoreRelay(t);
  await appliance.db.deleteFrom('outbox_acknowledged').where('seq', '<=', 40).execute();
  const relay = await startRelay(t, url, backup);
  await eventually(async () => (await relay.snapshots()).length === 30);
  await appliance.delivered();
  t.deepEqual(await relay.gaps(), [{ kind: 'lost', from: 21, to: 40 }]);
  t.deepEqual(
    (await relay.snapshots()).sort(),
    [...produced.slice(0, 20), ...produced.slice(40)].sort(),
  );
  t.is((await appliance.outbox.state()).forgotten, 20);
});

test('an appliance without kept summaries learns from a new summary, too, what the relay lost', async (t) => {
  const { url, backup, appliance } = await restoreRelay(t, { keptMs: 0 });
  // It is away while the relay returns, and has something new when it connects.
  const relay = await startRelay(t, url, backup);
  await appliance.produce(1);
  await eventually(async () => (await appliance.outbox.state()).forgotten === 30);
  await appliance.delivered();
  t.deepEqual(await relay.gaps(), [{ kind: 'lost', from: 21, to: 50 }]);
});

test('a relay with an empty database gets again all that is kept, though nothing new is recorded', async (t) => {
  const { url, appliance, produced } = await restoreRelay(t);
  const relay = await startRelay(t, url, join(await temporaryFolder(t), 'empty.db'));
  await eventually(async () => (await relay.snapshots()).length === 50);
  await appliance.delivered();
  t.deepEqual((await relay.snapshots()).sort(), produced.sort());
  t.deepEqual(await relay.gaps(), []);
});

test('a relay that is restored, and soon after loses its database, gets everything again', async (t) => {
  const { url, backup, appliance, produced } = await restoreRelay(t);
  const restored = await startRelay(t, url, backup);
  await eventually(async () => (await restored.snapshots()).length > 20);
  await restored.stop();
  produced.push(...(await appliance.produce(10)));
  const relay = await startRelay(t, url, join(await temporaryFolder(t), 'empty.db'));
  await eventually(async () => (await relay.snapshots()).length === 60);
  await appliance.delivered();
  t.deepEqual((await relay.snapshots()).sort(), produced.sort());
  t.deepEqual(await relay.gaps(), []);
  t.is((await appliance.outbox.state()).forgotten, 0);
});

test('what a relay takes for lost is sent again if it is kept', async (t) => {
  const { url } = await startBroker(t);
  const relay = await startRelay(t, url, join(await temporaryFolder(t), 'relay.db'));
  const appliance = await startAppliance(t, url);
  const produced = await appliance.produce(20);
  await appliance.delivered();
  const { epoch } = await appliance.outbox.state();
  await relay.db.deleteFrom('summary').where('seq', '<=', 10).execute();
  const gap = { from_seq: 1, to_seq: 10, noticed_at: 1, reason: 'unreported' as const };
  await relay.db
    .insertInto('absence')
    .values({ site: 'north', epoch, ...gap })
    .execute();
  await relay.bus.publish('ack', { site: 'north' }, { epoch, seq: 20, lost: [[1, 10]] });
  await eventually(async () => (await relay.snapshots()).length === 20);
  await appliance.delivered();
  t.deepEqual((await relay.snapshots()).sort(), produced.sort());
  t.deepEqual(await relay.gaps(), []);
  t.is((await appliance.outbox.state()).forgotten, 0);
});

test('summaries of an earlier epoch go again to a relay that has forgotten them, each once', async (t) => {
  const { url, backup, appliance, produced } = await restoreRelay(t);
  await appliance.stop();
  // While the relay is away, the appliance restarts: in doubt, it begins a new epoch.
  const restarted = await startAppliance(t, url, { file: appliance.path });
  const { epoch } = await restarted.outbox.state();
  produced.push(...(await restarted.produce(5)));
  await eventually(async () => (await restarted.outbox.state()).epoch !== epoch);
  const relay = await startRelay(t, url, backup);
  await eventually(async () => (await relay.snapshots()).length >= 55);
  await restarted.delivered();
  t.deepEqual((await relay.snapshots()).sort(), produced.sort());
  t.is((await restarted.outbox.state()).forgotten, 0);
});

test('an older acknowledgement that comes late does not cause anything to be sent again', async (t) => {
  const { url } = await startBroker(t);
  const relay = await startRelay(t, url, join(await temporaryFolder(t), 'relay.db'));
  const appliance = await startAppliance(t, url);
  await appliance.produce(20);
  await appliance.delivered();
  const { epoch } = await appliance.outbox.state();
  await sleep(500);
  const { received } = relay.ingest.status();
  for (const seq of [3, 7, 5]) {
    await relay.bus.publish('ack', { site: 'north' }, { epoch, seq });
    await sleep(500);
  }
  t.is(relay.ingest.status().received, received);
  t.like(await appliance.outbox.state(), { ackedSeq: 20, forgotten: 0 });
});
