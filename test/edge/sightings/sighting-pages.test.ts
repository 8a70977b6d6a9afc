import { join } from 'node:path';
import test from 'ava';
import { v7 as uuid } from 'uuid';
import { openDatabase } from '../../../core/store/database.js';
import { tablesOf } from '../../../core/store/table-set.js';
import { SightingList } from '../../../edge/sightings/sighting-list.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import { sightingTable } from '../../../edge/store/sighting-table.js';
import { type EdgeTables, sightingTables } from '../../../edge/store/tables.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SIGHTINGS = 100;

test('a page of large sightings ends before its limit, and the next ones have the rest', async (t) => {
  const file = join(await temporaryFolder(t), 'edge.db');
  const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  t.teardown(close);
  const box = { x: 1, y: 2, width: 3, height: 4 };
  const best = { image: uuid(), takenAt: 1, box, score: null, neighbors: 3 };
  const track = JSON.stringify({ detector: 'd', count: 1, box, best, more: 'x'.repeat(50_000) });
  const ids = Array.from({ length: SIGHTINGS }, () => uuid());
  for (const id of ids)
    await sightingTable.put(db, {
      ...{ id, camera: 'gate', label: 'cat', state: 'left', best_image: best.image, track },
      ...{ started_at: 1, last_seen_at: 2, ended_at: 3, left_at: 3 },
      ...{ detector: 'd', confidence: 0.5, zones: '[]' },
    });
  const sightings = new SightingList({ db: tablesOf(db, sightingTables) });
  const seen: string[] = [];
  const sizes: number[] = [];
  for (let after: string | undefined, hasMore = true; hasMore; ) {
    const page = await sightings.page({ limit: 500, after });
    seen.push(...page.sightings.map(({ id }) => id));
    sizes.push(page.sightings.length);
    after = page.next ?? undefined;
    hasMore = page.next !== null;
  }
  t.deepEqual(seen, ids.sort().reverse());
  t.deepEqual(
    sizes.map((size) => size <= 43),
    sizes.map(() => true),
  );
});
