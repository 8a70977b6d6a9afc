import { join } from 'node:path';
import test from 'ava';
import { type Kysely, sql } from 'kysely';
import { openDatabase } from '../../../core/store/database.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import { sightingTable } from '../../../edge/store/sighting-table.js';
import type { EdgeTables } from '../../../edge/store/tables.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** The schema of the version before. */
const before = Object.fromEntries(Object.entries(edgeMigrations).filter(([name]) => name < '0013'));

test('an upgrade keeps sightings, and finds a rare label and a state by an index', async (t) => {
  const file = join(await temporaryFolder(t), 'edge.db');
  const old = await openDatabase<EdgeTables>(file, before);
  await fill(old.db);
  await old.close();
  const { db, sqlite, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  t.teardown(close);
  t.deepEqual(await sightingTable.labels(db), ['cat', 'dog']);
  const found = await sightingTable.list(db, { label: ['cat'] }, { limit: 10 });
  t.deepEqual(
    found.map(({ id }) => id),
    ['a'],
  );
  for (const column of ['label', 'state']) {
    const plan = sqlite
      .prepare<[], { detail: string }>(
        `explain query plan select * from sighting where ${column} = 'x' order by id desc limit 10`,
      )
      .all();
    t.regex(plan[0]?.detail ?? '', new RegExp(`USING INDEX sighting_${column} `));
  }
});

async function fill(db: Kysely<EdgeTables>): Promise<void> {
  for (const [id, label] of [
    ['a', 'cat'],
    ['b', 'dog'],
    ['c', 'dog'],
  ])
    await sql`
      insert into sighting (id, camera, label, state, started_at, last_seen_at, ended_at, best_image, track)
      values (${id}, 'gate', ${label}, 'left', 1, 2, 3, 'image', '{}')`.execute(db);
}
