import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../../core/store/database.js';
import { Totals } from '../../../edge/events/totals.js';
import { SightingList } from '../../../edge/sightings/sighting-list.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import type { EdgeTables } from '../../../edge/store/tables.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const HOUR = 3_600_000;
const START = Date.parse('2026-03-01T10:20:00Z');

/** The schema of the version before. */
const before = Object.fromEntries(Object.entries(edgeMigrations).filter(([name]) => name < '0016'));

const box = { x: 1, y: 2, width: 3, height: 4 };
const TRACKS: [
  id: string,
  label: string,
  startedAt: number,
  endedAt: number | null,
  best: object,
][] = [
  ['0190f000-0000-7000-8000-00000000000a', 'cat', START, START + 5_000, { confidence: 0.75 }],
  ['0190f000-0000-7000-8000-00000000000b', 'cat', START + HOUR / 4, START + HOUR, { neighbors: 9 }],
  ['0190f000-0000-7000-8000-00000000000c', 'dog', START + HOUR, null, { confidence: 0.5 }],
];

test('an upgrade fills what sightings are filtered by, and the totals, from the sightings that there are', async (t) => {
  const file = join(await temporaryFolder(t), 'edge.db');
  const old = await openDatabase<EdgeTables>(file, before);
  for (const [id, label, startedAt, endedAt, more] of TRACKS) {
    const best = { image: id, takenAt: startedAt, box, score: null, neighbors: null, ...more };
    const track = JSON.stringify({ detector: 'pets', count: 2, box, best });
    await sql`insert into sighting (id, camera, label, state, started_at, last_seen_at, ended_at, best_image, track)
      values (${id}, 'gate', ${label}, ${endedAt ? 'left' : 'present'}, ${startedAt},
        ${endedAt ?? startedAt}, ${endedAt}, ${id}, ${track})`.execute(old.db);
  }
  // One that damage has made unreadable.
  await sql`insert into sighting (id, camera, label, state, started_at, last_seen_at, ended_at, best_image, track)
    values ('0190f000-0000-7000-8000-00000000000d', 'gate', 'cat', 'left', 1, 2, 2, 'x', '{"best":')`.execute(
    old.db,
  );
  await old.close();
  const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  t.teardown(close);
  const list = new SightingList({ db });
  const { sightings } = await list.page({ detector: ['pets'], limit: 10 });
  t.deepEqual(
    sightings.map(({ label, leftAt, endedAt }) => [label, leftAt === endedAt]),
    [
      ['dog', true],
      ['cat', true],
      ['cat', true],
    ],
  );
  t.is((await list.page({ minConfidence: 0.7, limit: 10 })).sightings.length, 2);
  t.is((await list.page({ minConfidence: 0.76, limit: 10 })).sightings.length, 0);
  const totals = new Totals(db, () => START + 2 * HOUR);
  const { totals: found } = await totals.read({ per: 'hour', timeZone: 'UTC' });
  t.deepEqual(found, [
    { at: '2026-03-01T10:00:00.000Z', camera: 'gate', label: 'cat', sightings: 2 },
    { at: '2026-03-01T11:00:00.000Z', camera: 'gate', label: 'dog', sightings: 1 },
  ]);
});
