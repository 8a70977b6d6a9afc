import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type Sqlite from 'better-sqlite3';
import { v7 as uuid } from 'uuid';
import { openDatabase } from '../../../core/store/database.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import type { EdgeTables } from '../../../edge/store/tables.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const DAY_MS = 86_400_000;
export const CAMERAS = 10;
/** Every so many sightings have the rare label and the rare zone. */
const RARE = 200;

/** A database with so many sightings on each day, the last of which ends at `end`. */
export async function openManySightings(
  t: ExecutionContext,
  { days, perDay, end }: { days: number; perDay: number; end: number },
) {
  const file = join(await temporaryFolder(t), 'edge.db');
  const { db, sqlite, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  t.teardown(close);
  fill(sqlite, { days, perDay, end });
  return { db, sqlite };
}

function fill(
  sqlite: Sqlite.Database,
  { days, perDay, end }: { days: number; perDay: number; end: number },
): void {
  const insert = sqlite.prepare(
    `insert into sighting (id, camera, label, detector, state, started_at, last_seen_at, ended_at,
      left_at, best_image, confidence, zones, track) values (?, ?, ?, 'd', 'left', ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const step = DAY_MS / perDay;
  const box = { x: 1, y: 2, width: 30, height: 40 };
  const begin = end - days * DAY_MS;
  sqlite.transaction(() => {
    for (let i = 0; i < days * perDay; i++) {
      const at = Math.floor(begin + i * step);
      const [isRare, image] = [i % RARE === 0, uuid({ msecs: at })];
      const best = { image, takenAt: at, box, score: null, neighbors: 5, confidence: 0.6 };
      const zones = isRare ? ['gate, "old"', 'drive'] : ['drive'];
      insert.run(
        ...[uuid({ msecs: at }), `camera-${i % CAMERAS}`, isRare ? 'bear' : 'person'],
        ...[at, at + 5_000, at + 5_000, at + 10_000, image, 0.6, JSON.stringify(zones)],
        JSON.stringify({ detector: 'd', count: 2, box, zones, best }),
      );
    }
  })();
}
