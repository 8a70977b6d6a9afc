import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { relayMigrations } from '../../../cloud-relay/store/migrations.js';
import { sha256Of } from '../../../core/images/analysis-key.js';
import { BLOB_LEASE_MS, BlobLeases } from '../../../core/images/blob-leases.js';
import { DiskBudget } from '../../../core/images/disk-budget.js';
import { type ImageEntry, ImageStore, noFurtherWrites } from '../../../core/images/image-store.js';
import { imageTables, type SharedImageTables } from '../../../core/images/tables.js';
import { openDatabase, openSharedDatabase } from '../../../core/store/database.js';
import { LocalFileStore } from '../../../core/store/local-file-store.js';
import { tablesOf } from '../../../core/store/table-set.js';
import type { Transaction } from '../../../core/store/unit-of-work.js';
import { withPostgres } from '../../support/relay-databases.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const newDatabase = withPostgres(test);

async function storeOn(t: ExecutionContext, kind: 'SQLite' | 'PostgreSQL') {
  const folder = await temporaryFolder();
  const isShared = kind === 'PostgreSQL';
  const { db, close } = isShared
    ? await openSharedDatabase<SharedImageTables>(await newDatabase(), relayMigrations, (error) =>
        t.log(error.message),
      )
    : await openDatabase<SharedImageTables>(join(folder, 'relay.db'), relayMigrations);
  t.teardown(close);
  const files = new LocalFileStore(join(folder, 'images'));
  await files.start();
  const clock = { now: Date.now() };
  const leases = isShared ? new BlobLeases(db, () => clock.now) : undefined;
  const newStore = () => {
    const budget = new DiskBudget(folder, { maxBytes: 1_000_000, minFreeBytes: 0 });
    return new ImageStore(tablesOf(db, imageTables), files, budget, { leases });
  };
  return { db, newStore, leasesEnd: () => (clock.now += BLOB_LEASE_MS + 1) };
}

const bytes = Buffer.from('an image');
const sha256 = sha256Of(bytes);
const blob = { sha256, media_type: 'image/png' as const, bytes: bytes.length, width: 1, height: 1 };

const entry = <Value>(
  id: string,
  also: (transaction: Transaction) => Promise<Value>,
): ImageEntry<Value> => {
  const image = {
    id,
    sha256,
    analysis_key: 'key',
    camera: null,
    created_at: 0,
    expires_at: null,
    plan: null,
    failure: null,
  };
  return { blob, image, also };
};

const refused = () => Promise.reject(new Error('the outbox is not writable'));

for (const kind of ['SQLite', 'PostgreSQL'] as const) {
  test(`bytes whose row could not be written are removed, on ${kind}`, async (t) => {
    const { newStore, leasesEnd } = await storeOn(t, kind);
    const store = newStore();
    await t.throwsAsync(store.commit(entry('1', refused), bytes), { message: /outbox/ });
    leasesEnd();
    await store.guard.use(sha256, () => store.collect());
    t.truthy(await store.original(sha256), 'somebody is about to refer to them');
    await store.collect();
    t.is(await store.original(sha256), undefined);
    await store.commit(entry('2', noFurtherWrites), bytes);
    t.truthy(await store.original(sha256));
  });

  test(`bytes that another image has stay if a commit fails, on ${kind}`, async (t) => {
    const { newStore, leasesEnd } = await storeOn(t, kind);
    const store = newStore();
    await store.commit(entry('1', noFurtherWrites), bytes);
    await t.throwsAsync(store.commit(entry('2', refused), bytes));
    leasesEnd();
    await store.collect();
    t.deepEqual(await store.originalBytes(sha256), bytes);
    await store.remove(['1']);
    await store.collect();
    t.is(await store.original(sha256), undefined);
  });
}

test('of images that share a commit only the one whose writes fail is missing', async (t) => {
  const { db, newStore } = await storeOn(t, 'SQLite');
  const store = newStore();
  // The file stands already, so that the next commits reach the batch at the same time.
  await store.commit(entry('0', noFurtherWrites), bytes);
  const calls: string[] = [];
  const noting = (id: string) => async (transaction: Transaction) => {
    calls.push(id);
    const images = transaction.of(imageTables).updateTable('image');
    await images
      .set({ failure: `of ${id}` })
      .where('id', '=', id)
      .execute();
    return `value of ${id}`;
  };
  const failing = (transaction: Transaction) => noting('2')(transaction).then(refused);
  const outcomes = await Promise.allSettled([
    store.commit(entry('1', noting('1')), bytes),
    store.commit(entry('2', failing), bytes),
    store.commit(entry('3', noting('3')), bytes),
  ]);
  t.deepEqual(calls, ['1', '2', '1', '2', '3'], 'they shared a commit');
  t.deepEqual(
    outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : outcome.reason.message,
    ),
    ['value of 1', 'the outbox is not writable', 'value of 3'],
  );
  t.deepEqual(await db.selectFrom('image').select(['id', 'failure']).orderBy('id').execute(), [
    { id: '0', failure: null },
    { id: '1', failure: 'of 1' },
    { id: '3', failure: 'of 3' },
  ]);
  t.is(store.budget.usedBytes, bytes.length);
});

test('bytes that a relay stored before it ended are removed by another one', async (t) => {
  const { db, newStore, leasesEnd } = await storeOn(t, 'PostgreSQL');
  await t.throwsAsync(newStore().commit(entry('1', refused), bytes));
  const other = newStore();
  await other.collect();
  t.truthy(await other.original(sha256), 'their lease goes on');
  leasesEnd();
  await other.collect();
  t.is(await other.original(sha256), undefined);
  t.deepEqual(await db.selectFrom('blob_lease').selectAll().execute(), []);
});
