import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import Database from 'better-sqlite3';
import { connectAsync } from 'mqtt';
import { discoverySchema } from '../../../../core/contract/discovery.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { startBroker } from '../../../support/broker.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
import { discoveryFaults } from '../../../support/home-assistant/discovery-faults.js';
import { HomeAssistant } from '../../../support/home-assistant/home-assistant.js';
import { mosquittoSub } from '../../../support/mosquitto-sub.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const CONFIG = 'homeassistant/device/siteglass-harbour/config';
const configOf = (camera: string) => `homeassistant/device/siteglass-harbour/${camera}/config`;

/** What an earlier version left in the database: its cameras were announced in one message. */
function announceAsBefore(dataFolder: string, cameras: string[]): void {
  const db = new Database(join(dataFolder, 'edge.db'));
  const row = db.prepare(
    'insert or replace into announced (connection, camera, components) values (?, ?, ?)',
  );
  for (const camera of cameras)
    row.run('lan', camera, JSON.stringify({ [`${camera}_occupancy`]: 'binary_sensor' }));
  db.prepare('update announced set own_topic = 0').run();
  db.close();
}

function commonCameras(dataFolder: string): number {
  const db = new Database(join(dataFolder, 'edge.db'), { readonly: true });
  const rows = db.prepare('select camera from announced where own_topic = 0').all();
  db.close();
  return rows.length;
}

test('entities of one common message move to a message for each camera, and keep their ids and settings', async (t) => {
  const { url } = await startBroker(t);
  const dataFolder = await temporaryFolder(t);
  const path = join(dataFolder, 'street');
  await mkdir(path);
  const settings = [
    'site=harbour',
    `lan={ url: "${url}" }`,
    `cameras=[{ id: street, kind: folder, path: ${path}, schedule: "0 0 0 1 1 *" }]`,
  ];
  await (await startEdge(settings, { dataFolder })).stop();
  announceAsBefore(dataFolder, ['street', 'yard']);

  const seen = await mosquittoSub(t, url);
  const edge = await startEdge(settings, { dataFolder });
  t.teardown(edge.stop);
  const { payload } = await seen.seesNew(configOf('street'));
  const { cmps } = discoverySchema.parse(JSON.parse(payload));
  const { unique_id: id } = cmps.street_occupancy as { unique_id?: string };
  t.is(id, 'siteglass-harbour_street_occupancy');
  const messages = seen.of(CONFIG).filter(({ retained }) => !retained);
  const isMigration = (text: string) => text === '{"migrate_discovery":true}';
  const kinds = messages.map(({ payload: text }) =>
    isMigration(text)
      ? 'migration'
      : text.includes('"yard_occupancy":{"p":"binary_sensor"}')
        ? 'removal of the yard'
        : text.includes('"_version":{"p":"sensor"')
          ? 'appliance'
          : 'other',
  );
  t.deepEqual(kinds.slice(0, 2), ['removal of the yard', 'migration']);
  t.is(kinds.at(-1), 'appliance');
  t.false(messages.some(({ payload: text }) => text.includes('street_')));
  t.true(
    seen.lines.findIndex(({ topic, retained }) => topic === configOf('street') && !retained) >
      seen.lines.findIndex(({ payload: text }) => isMigration(text)),
  );
  await eventually('the move is recorded', () => commonCameras(dataFolder) === 0);
  await edge.stop();

  const later = await mosquittoSub(t, url);
  const again = await startEdge(settings, { dataFolder });
  t.teardown(again.stop);
  await later.sees(configOf('street'), (text) => text !== '');
  await later.sees('siteglass/harbour/availability', (text) => text === 'online');
  t.false(
    later.of(CONFIG).some(({ payload: text }) => isMigration(text)),
    'once',
  );
});

/** The retained discovery of the version before cameras were devices, by topic. */
async function earlierMessages(): Promise<Map<string, string>> {
  const file = join(projectRoot(), 'test', 'fakes', 'retained', 'one-device.json');
  const messages: Record<string, object> = JSON.parse(await readFile(file, 'utf8'));
  return new Map(Object.entries(messages).map(([topic, m]) => [topic, JSON.stringify(m)]));
}

/** What that version left in the database: each camera has a topic of its own. */
function announceAsOneDevice(dataFolder: string, messages: Map<string, string>): void {
  const db = new Database(join(dataFolder, 'edge.db'));
  db.prepare('delete from announced').run();
  const row = db.prepare(
    'insert into announced (connection, camera, components, own_topic) values (?, ?, ?, 1)',
  );
  for (const camera of ['street', 'yard']) {
    const { cmps } = JSON.parse(messages.get(configOf(camera)) ?? '');
    const platforms = Object.entries<{ p: string }>(cmps).map(([id, { p }]) => [id, p]);
    row.run('lan', camera, JSON.stringify(Object.fromEntries(platforms)));
  }
  db.close();
}

test('after an upgrade each camera is a device of its own, with the same entities and no orphans', async (t) => {
  const { url } = await startBroker(t);
  const client = await connectAsync(url);
  t.teardown(() => client.end(true));
  const earlier = await earlierMessages();
  const dataFolder = await temporaryFolder(t);
  const path = join(dataFolder, 'street');
  await mkdir(path);
  const camera = (more: string) =>
    `cameras=[{ id: street, name: Street, kind: folder, path: ${path}, schedule: "0 0 0 1 1 *"${more} }]`;
  const settings = ['site=harbour', `lan={ url: "${url}" }`];
  await (await startEdge([settings[0] ?? '', camera('')], { dataFolder })).stop();
  announceAsOneDevice(dataFolder, earlier);
  for (const [topic, payload] of earlier)
    await client.publishAsync(topic, payload, { qos: 1, retain: true });

  const home = new HomeAssistant();
  home.restart(earlier);
  const before = [...home.entities.keys()];
  t.deepEqual([...home.devices], ['siteglass-harbour']);
  client.on('message', (topic, payload, { retain }) => {
    const text = payload.toString();
    // What was retained is known.
    if (retain) return;
    home.receive(topic, text);
    if (text !== '' && !text.includes('migrate_discovery'))
      t.deepEqual(discoveryFaults(topic, text), []);
  });
  await client.subscribeAsync('homeassistant/device/#', { qos: 1 });

  const zone = '{ name: Drive way, kind: include, points: [[0, 0], [1, 0], [1, 1]] }';
  const edge = await startEdge(
    [...settings, camera(`, labels: [stop sign], detectors: [stop-sign], zones: [${zone}]`)],
    { dataFolder },
  );
  t.teardown(edge.stop);
  const seen = await mosquittoSub(t, url);
  const isMoved = (text: string) => text.includes('"siteglass-harbour_street"');
  const { payload: street } = await seen.sees(configOf('street'), isMoved);
  await seen.sees(configOf('yard'), (text) => text === '');
  await eventually('the move has ended', () =>
    home.entities.has('siteglass-harbour_street_enabled'),
  );

  t.deepEqual(home.refused, []);
  t.deepEqual(home.orphans, []);
  t.deepEqual([...home.vias], [['siteglass-harbour_street', 'siteglass-harbour']]);
  const after = [...home.entities].filter(([id]) => id.includes('_street_'));
  t.deepEqual([...new Set(after.map(([, { device }]) => device))], ['siteglass-harbour_street']);
  const ids = after.map(([id]) => id);
  const gone = before.filter((id) => id.includes('_street_') && !ids.includes(id));
  t.deepEqual(gone.sort(), [
    'siteglass-harbour_street_count-face',
    'siteglass-harbour_street_pause',
  ]);
  t.true(ids.includes('siteglass-harbour_street_zone-drive-way'));
  t.false(
    [...home.entities.keys()].some((id) => id.includes('_yard_')),
    'it is no camera any more',
  );
  t.false(home.entities.has('siteglass-harbour_outbox'), 'there is no relay');

  // A start of Home Assistant finds the same from what is retained.
  const { payload: appliance } = await seen.sees(CONFIG, (text) => text.includes('_version'));
  home.restart(
    new Map([
      [CONFIG, appliance],
      [configOf('street'), street],
    ]),
  );
  t.deepEqual(home.orphans, []);
});

test('a zone and a label that go are removed from Home Assistant', async (t) => {
  const { url } = await startBroker(t);
  const seen = await mosquittoSub(t, url);
  const dataFolder = await temporaryFolder(t);
  const path = join(dataFolder, 'street');
  await mkdir(path);
  const run = (more: string) =>
    startEdge(
      [
        'site=harbour',
        `lan={ url: "${url}" }`,
        `cameras=[{ id: street, kind: folder, path: ${path}, schedule: "0 0 0 1 1 *", detectors: [stop-sign, face]${more} }]`,
      ],
      { dataFolder },
    );
  const points = 'points: [[0, 0], [1, 0], [1, 1]]';
  const zones = `zones: [{ name: door, kind: include, ${points} }, { kind: include, ${points} }]`;
  const first = await run(`, ${zones}`);
  const { payload } = await seen.sees(configOf('street'));
  for (const key of ['street_zone-door', 'street_zone-zone-2', 'street_occupancy-face'])
    t.true(payload.includes(`"${key}":{"p":"binary_sensor","name"`), key);
  await first.stop();
  const second = await run(', labels: [stop sign]');
  t.teardown(second.stop);
  const removal = await seen.sees(configOf('street'), (text) => text.includes('{"p":"sensor"}'));
  for (const key of ['street_zone-door', 'street_zone-zone-2', 'street_occupancy-face'])
    t.true(removal.payload.includes(`"${key}":{"p":"binary_sensor"}`), key);
  await seen.sees(configOf('street'), (text) => text !== '' && !/zone|face/.test(text));
});
