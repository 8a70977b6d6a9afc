import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import Database from 'better-sqlite3';
import { discoverySchema } from '../../../../core/contract/discovery.js';
import { startBroker } from '../../../support/broker.js';
import { startEdge } from '../../../support/edge.js';
import { eventually } from '../../../support/eventually.js';
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
  const { payload } = await seen.sees(configOf('street'));
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
        : 'appliance',
  );
  t.deepEqual(kinds, ['removal of the yard', 'migration', 'appliance']);
  t.false(messages.some(({ payload: text }) => text.includes('street_')));
  t.true(
    seen.lines.findIndex(({ topic }) => topic === configOf('street')) >
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
