import { join } from 'node:path';
import test from 'ava';
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

const DAY = 86_400_000;
const SECOND = 1_000;
const START = Date.parse('2026-06-01T08:00:00Z');

for (const [name, step] of [
  ['ahead', 150 * DAY],
  ['back', -365 * DAY],
] as const)
  test(`a sighting lasts over a clock that is set ${name}: it keeps its duration and ends after it began`, async (t) => {
    const file = join(await temporaryFolder(t), 'edge.db');
    const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
    t.teardown(close);
    let ahead = 0;
    const tables = tablesOf(db, sightingTables);
    const open = async () => {
      const sightings = new Sightings({
        db: tables,
        cameras: () => ['gate'],
        clockAhead: () => ahead,
        log: silentLogger(),
      });
      await sightings.start();
      return sightings;
    };
    let sightings = await open();
    let passed = 0;
    const look = async (isThere: boolean) => {
      passed += 10 * SECOND;
      const frame = {
        image: `image-${passed}`,
        takenAt: START + passed + ahead,
        detections: isThere ? [{ ...aDetection(), confidence: 0.9 }] : [],
      };
      const update = await sightings.update(tables, 'gate', frame, trackingSchema.parse({}));
      sightings.apply('gate', update);
      return update.events;
    };
    for (let i = 0; i < 4; i++) await look(true);
    ahead = step;
    await look(true);
    sightings = await open();
    await look(true);
    const events = [];
    for (let i = 0; i < 4; i++) events.push(...(await look(false)));
    const [left] = events;
    t.like(left, { event_type: 'left', durationSeconds: 50 });
    const { sightings: rows } = await new SightingList({ db: tables }).page({ limit: 10 });
    t.is(rows.length, 1);
    t.is(Date.parse(rows[0]?.startedAt ?? ''), START + 10 * SECOND + step);
    t.is(Date.parse(rows[0]?.endedAt ?? ''), START + 60 * SECOND + step);
  });
