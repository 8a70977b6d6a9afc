import { join } from 'node:path';
import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { openDatabase } from '../../../core/store/database.js';
import { EventStream, type EventStreamOptions } from '../../../edge/sightings/event-stream.js';
import { type EventTables, eventTable, type StoredEvent } from '../../../edge/store/event-table.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import { eventually } from '../../support/eventually.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const event = (n: number): StoredEvent => ({
  event_type: n % 2 === 0 ? 'left' : 'appeared',
  at: '2026-05-01T10:00:00.000Z',
  camera: 'gate',
  cameraName: 'Gate',
  confidence: 0.8,
  zones: ['drive'],
  label: 'stop sign',
  sighting: '01890000-0000-7000-8000-000000000000',
  static: false,
  startedAt: '2026-05-01T10:00:00.000Z',
  lastSeenAt: '2026-05-01T10:00:00.000Z',
  leftAt: null,
  durationSeconds: n,
  count: 2,
  box: { x: 1, y: 2, width: 30, height: 30 },
  snapshot: '01890000-0000-7000-8000-000000000001',
});

async function setUp(t: ExecutionContext, options: Partial<EventStreamOptions> = {}) {
  const file = join(await temporaryFolder(t), 'edge.db');
  const { db, close } = await openDatabase<EventTables>(file, edgeMigrations);
  t.teardown(close);
  const stream = new EventStream({ db, ...options });
  t.teardown(() => stream.stop());
  const log = async (from: number, to: number) => {
    for (let n = from; n <= to; n++) await eventTable.append(db, [event(n)]);
    stream.wake();
  };
  return { db, stream, log };
}

/** The ids that a client has received so far, and all of the text. */
function collect(stream: Readable) {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  return {
    ids: () => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
    text: () => text,
  };
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('a client without an id receives new events only', async (t) => {
  const { stream, log } = await setUp(t);
  await log(1, 3);
  const client = collect(await stream.open(undefined));
  await eventually('the beginning', () => client.text().startsWith('retry:'));
  await log(4, 5);
  await eventually('two events', () => client.ids().length === 2);
  t.deepEqual(client.ids(), [4, 5]);
  t.regex(client.text(), /id: 4\nevent: left\ndata: \{"event_type":"left",/);
});

test('a client that resumes receives each event once, also over many pages', async (t) => {
  const { stream, log } = await setUp(t);
  await log(1, 350);
  const client = collect(await stream.open('20'));
  await eventually('the old ones', () => client.ids().length === 330);
  await log(351, 352);
  await eventually('the new ones', () => client.ids().length === 332);
  t.deepEqual(client.ids(), range(21, 352));
});

test('a client that is limited to cameras receives their events alone', async (t) => {
  const { db, stream } = await setUp(t);
  const cameras = ['gate', 'yard', 'gate', 'shed', 'yard'];
  for (const [n, camera] of cameras.entries())
    await eventTable.append(db, [{ ...event(n), camera }]);
  const client = collect(await stream.open('0', '', ['yard', 'shed']));
  await eventually('three events', () => client.ids().length === 3);
  t.deepEqual(client.ids(), [2, 4, 5]);
  t.notRegex(client.text(), /"camera":"gate"/);
});

test('a client that resumes too late receives a gap event', async (t) => {
  const { db, stream, log } = await setUp(t);
  await log(1, 50);
  await eventTable.keepNewest(db, 10);
  const client = collect(await stream.open('5'));
  await eventually('what is left', () => client.ids().length === 10);
  t.regex(client.text(), /event: gap\ndata: \{"from":6,"to":40\}/);
  t.deepEqual(client.ids(), range(41, 50));
});

test('a client with an unknown or invalid id receives new events only', async (t) => {
  const { stream, log } = await setUp(t);
  await log(1, 5);
  const clients = await Promise.all(['900', 'abc', '-1'].map((id) => stream.open(id)));
  const read = clients.map(collect);
  for (const { text } of read) await eventually('the beginning', () => text().length > 0);
  await log(6, 6);
  for (const { ids } of read) await eventually('the new one', () => ids().length > 0);
  t.deepEqual(
    read.map(({ ids }) => ids()),
    [[6], [6], [6]],
  );
});

test('a stream without events sends heartbeats', async (t) => {
  const { stream } = await setUp(t, { heartbeatMs: 20 });
  const client = collect(await stream.open(undefined));
  await eventually(
    'three of them',
    () => client.text().split('event: heartbeat\ndata: {}\n\n').length > 3,
  );
  t.deepEqual(client.ids(), []);
});

test('the number of clients is limited, and a closed one frees its place', async (t) => {
  const { stream } = await setUp(t, { maxClients: 2 });
  const first = await stream.open(undefined);
  await stream.open(undefined);
  await t.throwsAsync(stream.open(undefined), { code: 'streams_full' });
  first.destroy();
  await eventually('room', () => stream.clients === 1);
  await t.notThrowsAsync(stream.open(undefined));
});

test('a client that goes away while nothing happens frees its place at once', async (t) => {
  const { stream } = await setUp(t, { maxClientsEach: 1, heartbeatMs: 60_000 });
  for (let i = 0; i < 3; i++) {
    const opened = await stream.open(undefined, '192.0.2.1');
    const client = collect(opened);
    await eventually('the beginning', () => client.text().startsWith('retry:'));
    opened.destroy();
    await eventually('its place is free', () => stream.clients === 0);
    t.is(stream.clients, 0);
  }
});

test('an address has a share of the clients; a whole IPv6 network is one', async (t) => {
  const { stream } = await setUp(t, { maxClients: 4, maxClientsEach: 2 });
  await stream.open(undefined, '2001:db8::1');
  await stream.open(undefined, '2001:db8::2');
  await t.throwsAsync(stream.open(undefined, '2001:db8::3'), { code: 'streams_full' });
  await t.notThrowsAsync(stream.open(undefined, '192.0.2.1'));
});

test('a client that stops reading is disconnected, and uses little memory until then', async (t) => {
  const { stream, log } = await setUp(t, { heartbeatMs: 20, patienceMs: 200 });
  await log(1, 1000);
  const stuck = await stream.open('0');
  stuck.read(1);
  await eventually('it is cut off', () => stuck.destroyed);
  t.true(stuck.readableLength < 100_000);
  t.is(stream.clients, 0);
});

test('a stop ends every stream, and no new one opens', async (t) => {
  const { stream } = await setUp(t);
  const client = await stream.open(undefined);
  client.resume();
  const closed = new Promise((resolve) => client.once('close', resolve));
  await stream.stop();
  await closed;
  await t.throwsAsync(stream.open(undefined), { code: 'shutting_down' });
  t.true(client instanceof Readable);
});

test('an event that is damaged in the database is a gap, and those behind it are sent', async (t) => {
  const { db, stream, log } = await setUp(t);
  await log(1, 4);
  for (const [seq, payload] of [
    [2, '{"event_type":'],
    [3, 'null'],
  ] as const)
    await db.updateTable('site_event').set({ payload }).where('seq', '=', seq).execute();
  const client = collect(await stream.open('0'));
  await eventually('the last event', () => client.ids().includes(4));
  t.deepEqual(client.ids(), [1, 4]);
  t.true(client.text().includes('event: gap\ndata: {"from":2,"to":2}\n\n'));
  t.true(client.text().includes('event: gap\ndata: {"from":3,"to":3}\n\n'));
});
