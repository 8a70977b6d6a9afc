import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { v7 as uuid } from 'uuid';
import { openDatabase } from '../../../core/store/database.js';
import { Marks, type MarksOptions } from '../../../edge/events/marks.js';
import { protectedImages } from '../../../edge/retention/protected-images.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import { sightingTable } from '../../../edge/store/sighting-table.js';
import type { EdgeTables } from '../../../edge/store/tables.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const BYTES = 1_000;
const EXPIRES = 5_000;

/** Sightings that have left, each with a picture. */
async function open(t: ExecutionContext, count: number, options: Partial<MarksOptions> = {}) {
  const file = join(await temporaryFolder(t), 'edge.db');
  const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  t.teardown(close);
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const [id, image, sha256] = [uuid(), uuid(), String(i).padStart(64, '0')];
    ids.push(id);
    const size = { bytes: BYTES, width: 10, height: 10 };
    await db
      .insertInto('blob')
      .values({ sha256, media_type: 'image/jpeg', ...size })
      .execute();
    await db
      .insertInto('image')
      .values({
        ...{ id: image, sha256, analysis_key: sha256, camera: 'gate', created_at: i },
        ...{ expires_at: EXPIRES, plan: null, failure: null },
      })
      .execute();
    await sightingTable.put(db, {
      ...{ id, camera: 'gate', label: 'cat', detector: 'd', state: 'left', confidence: 0.5 },
      ...{ started_at: i, last_seen_at: i, ended_at: i, left_at: i },
      ...{ best_image: image, zones: '[]', track: '{}' },
    });
  }
  let now = 100;
  const marks = new Marks({ db, clock: () => now++, maxBytes: 1_000_000, ...options });
  const kept = async () => {
    const rows = await db
      .selectFrom('image')
      .select('created_at')
      .where(protectedImages({ mqtt: undefined }))
      .orderBy('created_at')
      .execute();
    return rows.map(({ created_at }) => Number(created_at));
  };
  const mark = (i: number, wrong = true) => marks.mark(ids[i] ?? '', { wrong, note: '' }, 'me');
  return { db, kept, mark };
}

test('the pictures of the newest marks are kept, up to a number', async (t) => {
  const { db, kept, mark } = await open(t, 5, { maxPictures: 2 });
  for (const i of [0, 1, 2, 3]) await mark(i);
  t.deepEqual(await kept(), [2, 3]);
  await mark(0);
  t.deepEqual(await kept(), [0, 3], 'a mark that is made again is new');
  const expiries = await db
    .selectFrom('image')
    .select('expires_at')
    .orderBy('created_at')
    .execute();
  t.deepEqual(
    expiries.map(({ expires_at }) => expires_at),
    [null, EXPIRES, EXPIRES, null, EXPIRES],
    'what is no longer kept expires as before',
  );
});

test('the pictures of marks take no more than their share of the disk', async (t) => {
  const { kept, mark } = await open(t, 4, { maxBytes: 2.5 * BYTES });
  for (const i of [0, 1, 2]) await mark(i);
  t.deepEqual(await kept(), [1, 2]);
});

test('without its mark, a picture expires as before, and a sighting goes with its age', async (t) => {
  const { db, kept, mark } = await open(t, 2);
  await mark(0);
  t.is(await sightingTable.removeEndedBefore(db, 50, 10), 1, 'the one without a mark');
  await mark(0, false);
  t.deepEqual(await kept(), []);
  t.is(await sightingTable.removeEndedBefore(db, 50, 10), 1);
  await t.throwsAsync(mark(0), { message: /There is no sighting/ });
});

test('a picture of two marked sightings is kept until both marks are gone', async (t) => {
  const { db, kept, mark } = await open(t, 2);
  const { best_image } = await db
    .selectFrom('sighting')
    .select('best_image')
    .orderBy('started_at')
    .executeTakeFirstOrThrow();
  await db.updateTable('sighting').set({ best_image }).execute();
  await mark(0);
  await mark(1);
  await mark(0, false);
  t.deepEqual(await kept(), [0]);
  await mark(1, false);
  t.deepEqual(await kept(), []);
  const { expires_at } = await db
    .selectFrom('image')
    .select('expires_at')
    .where('id', '=', best_image)
    .executeTakeFirstOrThrow();
  t.is(expires_at, EXPIRES);
});
