import { join } from 'node:path';
import test from 'ava';
import { sightingQuerySchema } from '../../../core/contract/sighting.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import { openDatabase } from '../../../core/store/database.js';
import { tablesOf } from '../../../core/store/table-set.js';
import { SightingList } from '../../../edge/sightings/sighting-list.js';
import { trackingSchema } from '../../../edge/sightings/sighting-settings.js';
import { Sightings } from '../../../edge/sightings/sightings.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import { type EdgeTables, sightingTables } from '../../../edge/store/tables.js';
import { aDetection } from '../../support/delivery-fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

for (const track of ['{"id":', 'null', '"text"', '[]', '{}', '{"best":null,"box":{}}'])
  test(`an open sighting that is damaged is removed, and the others go on: ${track}`, async (t) => {
    const file = join(await temporaryFolder(t), 'edge.db');
    const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
    t.teardown(close);
    const tables = tablesOf(db, sightingTables);
    const open = async () => {
      const sightings = new Sightings({
        db: tables,
        cameras: () => ['gate', 'yard'],
        clockAhead: () => 0,
        log: silentLogger(),
      });
      await sightings.start();
      return sightings;
    };
    const before = await open();
    for (const camera of ['gate', 'yard'])
      for (let i = 0; i < 4; i++) {
        const frame = { image: `image-${i}`, takenAt: i * 10_000, detections: [aDetection()] };
        const update = await before.update(tables, camera, frame, trackingSchema.parse({}));
        before.apply(camera, update);
      }
    const list = new SightingList({ db: tables });
    const camerasOf = async () =>
      (await list.page(sightingQuerySchema.parse({}))).sightings.map(({ camera }) => camera);
    t.deepEqual((await camerasOf()).sort(), ['gate', 'yard']);
    await db.updateTable('sighting').set({ track }).where('camera', '=', 'gate').execute();
    t.deepEqual(await camerasOf(), ['yard']);
    const after = await open();
    t.is(after.tracksOf('gate').length, 0);
    t.is(after.tracksOf('yard').length, 1);
    t.is((await db.selectFrom('sighting').select('id').execute()).length, 1);
  });
