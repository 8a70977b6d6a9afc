import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { relayMigrations } from '../../../cloud-relay/store/migrations.js';
import { DiskBudget } from '../../../core/images/disk-budget.js';
import { ImageStore, noFurtherWrites } from '../../../core/images/image-store.js';
import { imageTables, type SharedImageTables } from '../../../core/images/tables.js';
import type { ClockEra } from '../../../core/runtime/clock-eras.js';
import { openDatabase, openSharedDatabase } from '../../../core/store/database.js';
import { LocalFileStore } from '../../../core/store/local-file-store.js';
import { tablesOf } from '../../../core/store/table-set.js';
import { withPostgres } from '../../support/relay-databases.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const newDatabase = withPostgres(test);
const MINUTE = 60_000;
const DAY = 86_400_000;
const JUNE = Date.parse('2026-06-01T08:00:00Z');
const NOVEMBER = Date.parse('2026-11-27T08:00:00Z');
const SINCE_EVER = Number.NEGATIVE_INFINITY;

const ERAS = {
  'five months ahead, three minutes ago': [
    { from: NOVEMBER - 3 * MINUTE, to: NOVEMBER, now: NOVEMBER },
    { from: SINCE_EVER, to: JUNE, now: JUNE + 3 * MINUTE },
  ],
  'a year back, three minutes ago': [
    { from: NOVEMBER - 3 * MINUTE, to: NOVEMBER, now: NOVEMBER },
    { from: SINCE_EVER, to: NOVEMBER + 365 * DAY, now: NOVEMBER + 365 * DAY + 3 * MINUTE },
  ],
} satisfies Record<string, ClockEra[]>;

async function storeOn(t: ExecutionContext, kind: string, eras: ClockEra[]) {
  const folder = await temporaryFolder(t);
  const { db, close } =
    kind === 'PostgreSQL'
      ? await openSharedDatabase<SharedImageTables>(await newDatabase(), relayMigrations, (error) =>
          t.log(error.message),
        )
      : await openDatabase<SharedImageTables>(join(folder, 'relay.db'), relayMigrations);
  t.teardown(close);
  const files = new LocalFileStore(join(folder, 'images'));
  await files.start();
  const budget = new DiskBudget(folder, { maxBytes: 1_000_000, minFreeBytes: 0 });
  const store = new ImageStore(tablesOf(db, imageTables), files, budget, { eras: () => eras });
  const add = (id: string, createdAt: number, lifetimeMs?: number) => {
    const bytes = Buffer.from(id);
    const sha256 = Buffer.from(id).toString('hex').padEnd(64, '0');
    const image = { id, sha256, analysis_key: 'key', camera: 'gate', plan: null, failure: null };
    return store.commit(
      {
        blob: { sha256, media_type: 'image/png', bytes: bytes.length, width: 1, height: 1 },
        image: {
          ...image,
          created_at: createdAt,
          expires_at: lifetimeMs === undefined ? null : createdAt + lifetimeMs,
        },
        also: noFurtherWrites,
      },
      bytes,
    );
  };
  const left = async () =>
    (await db.selectFrom('image').select('id').orderBy('id').execute()).map(({ id }) => id);
  return { store, add, left };
}

for (const kind of ['SQLite', 'PostgreSQL'])
  for (const [step, eras] of Object.entries(ERAS)) {
    test(`only what is really old is removed by age (${step}, ${kind})`, async (t) => {
      const { store, add, left } = await storeOn(t, kind, eras);
      const [, before] = eras;
      await add('1-old', (before?.to ?? 0) - 31 * DAY);
      await add('2-minutes-before-the-step', (before?.to ?? 0) - MINUTE);
      await add('3-since-the-step', NOVEMBER - MINUTE);
      t.is(await store.removeOlderThan(NOVEMBER - 30 * DAY, 100), 1);
      t.deepEqual(await left(), ['2-minutes-before-the-step', '3-since-the-step']);
    });

    test(`only what has really expired expires (${step}, ${kind})`, async (t) => {
      const { store, add } = await storeOn(t, kind, eras);
      const [, before] = eras;
      await add('1-an-hour', (before?.to ?? 0) - MINUTE, 60 * MINUTE);
      await add('2-two-minutes', (before?.to ?? 0) - MINUTE, 2 * MINUTE);
      await add('3-an-hour-since-the-step', NOVEMBER - MINUTE, 60 * MINUTE);
      t.deepEqual(await store.expired(NOVEMBER, 100), ['2-two-minutes']);
    });
  }

test('the disk budget removes first what was stored first, whatever the clock showed', async (t) => {
  const { store, add, left } = await storeOn(t, 'SQLite', []);
  await add('9-first', NOVEMBER);
  await add('1-second', NOVEMBER - 365 * DAY);
  await store.removeOldest(1);
  t.deepEqual(await left(), ['1-second']);
});
