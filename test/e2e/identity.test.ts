import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { Outbox } from '../../edge/store/outbox.js';
import { startBroker } from '../support/broker.js';
import { openOutboxDatabase } from '../support/delivery-fixtures.js';
import { startAppliance, startRelay } from '../support/delivery-peers.js';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const relayFile = async (t: Parameters<typeof temporaryFolder>[0]) =>
  join(await temporaryFolder(t), 'relay.db');

test('a site that gets another id with a full outbox loses, doubles and misreports nothing', async (t) => {
  const { url } = await startBroker(t);
  const relay = await startRelay(t, url, await relayFile(t));
  const north = await startAppliance(t, url);
  const produced = await north.produce(10);
  await north.delivered();
  // The relay has the next ones, but its acknowledgements do not arrive.
  const { epoch } = await north.outbox.state();
  await relay.db.schema.alterTable('daily_label').renameTo('away').execute();
  produced.push(...(await north.produce(12)));
  await eventually(() => relay.ingest.status().failed > 0);
  await north.stop();
  await relay.db.schema.alterTable('away').renameTo('daily_label').execute();
  const rows = await copyOfRows(north.path);
  for (const { seq, summary } of rows)
    await relay.bus.publish('up', { site: 'north' }, { v: 1, epoch, seq, first: 11, summary });
  await eventually(async () => (await relay.snapshots()).length === 22);

  const south = await startAppliance(t, url, { file: north.path, site: 'south' });
  produced.push(...(await south.produce(5)));
  await south.delivered();
  t.deepEqual((await relay.snapshots()).sort(), produced.sort());
  t.deepEqual(await relay.gaps('north'), []);
  t.deepEqual(await relay.gaps('south'), []);
  t.not((await south.outbox.state()).epoch, epoch);
  t.is((await south.outbox.state()).forgotten, 0);
});

test('of two appliances with one id, the one that gets its own begins at 1, and nothing is reported as lost', async (t) => {
  const { url } = await startBroker(t);
  const relay = await startRelay(t, url, await relayFile(t));
  const first = await startAppliance(t, url);
  const second = await startAppliance(t, url);
  const produced = [...(await first.produce(30)), ...(await second.produce(20))];
  await first.delivered();
  await second.delivered();
  await second.stop();
  const own = await startAppliance(t, url, { file: second.path, site: 'south' });
  produced.push(...(await own.produce(4)), ...(await first.produce(4)));
  await own.delivered();
  await first.delivered();
  t.deepEqual((await relay.snapshots()).sort(), produced.sort());
  for (const site of ['north', 'south']) t.deepEqual(await relay.gaps(site), []);
});

test('an appliance keeps its epoch if its site id has not changed', async (t) => {
  const { url } = await startBroker(t);
  await startRelay(t, url, await relayFile(t));
  const first = await startAppliance(t, url);
  await first.produce(3);
  await first.delivered();
  const { epoch } = await first.outbox.state();
  await first.stop();
  const again = await startAppliance(t, url, { file: first.path });
  await again.produce(3);
  await again.delivered();
  t.is((await again.outbox.state()).epoch, epoch);
});

test('the image of a whole disk beside its running original loses and doubles nothing, and is noticed', async (t) => {
  const { url } = await startBroker(t);
  const file = await relayFile(t);
  const relay = await startRelay(t, url, file);
  const original = await startAppliance(t, url);
  const produced = await original.produce(10);
  await original.delivered();
  original.sqlite.pragma('wal_checkpoint(TRUNCATE)');
  const image = join(await temporaryFolder(t), 'image.db');
  await copyFile(original.path, image);
  await relay.stop();
  // As in the image of a disk, the file's identity is that of the original.
  const identity = 'the same';
  await original.stop();
  const a = await startAppliance(t, url, { file: original.path, identity });
  const b = await startAppliance(t, url, { file: image, identity });
  produced.push(...(await a.produce(17)), ...(await b.produce(17)));
  await sleep(2_500);
  produced.push(...(await a.produce(3)), ...(await b.produce(3)));
  const after = await startRelay(t, url, file);
  await a.delivered();
  await b.delivered();
  t.deepEqual((await after.snapshots()).sort(), produced.sort());
  t.deepEqual(await after.gaps(), []);
  t.not((await a.outbox.state()).epoch, (await b.outbox.state()).epoch);
});

test('an image that goes on in the epoch of its original is told so by the relay, and loses nothing', async (t) => {
  const { url } = await startBroker(t);
  const relay = await startRelay(t, url, await relayFile(t));
  const original = await startAppliance(t, url);
  const produced = await original.produce(10);
  await original.delivered();
  original.sqlite.pragma('wal_checkpoint(TRUNCATE)');
  const image = join(await temporaryFolder(t), 'image.db');
  await copyFile(original.path, image);
  // Both are confirmed at once, since the relay is at 10; then both use the numbers from 11 on.
  await original.stop();
  const [a, b] = [
    await startAppliance(t, url, { file: original.path, identity: 'x' }),
    await startAppliance(t, url, { file: image, identity: 'x' }),
  ];
  await sleep(600);
  const both = await Promise.all(Array.from({ length: 12 }, (_, i) => (i % 2 ? a : b).produce(3)));
  produced.push(...both.flat());
  await a.delivered();
  await b.delivered();
  await eventually(async () => (await relay.snapshots()).length >= produced.length);
  t.deepEqual((await relay.snapshots()).sort(), produced.sort());
  t.deepEqual(await relay.gaps(), []);
  t.not((await a.outbox.state()).epoch, (await b.outbox.state()).epoch);
});

/** The waiting rows of an outbox that is closed. */
async function copyOfRows(file: string) {
  const { db, close } = await openOutboxDatabase(file);
  const rows = await new Outbox(db).page(0, Number.MAX_SAFE_INTEGER, 1_000);
  await close();
  return rows.flatMap((row) => ('summary' in row ? [row] : []));
}
