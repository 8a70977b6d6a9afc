import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Kysely } from 'kysely';
import { relayMigrations } from '../../../cloud-relay/store/migrations.js';
import { sha256Of } from '../../../core/images/analysis-key.js';
import { BLOB_LEASE_MS, BlobLeases } from '../../../core/images/blob-leases.js';
import { DiskBudget } from '../../../core/images/disk-budget.js';
import { type ImageEntry, ImageStore } from '../../../core/images/image-store.js';
import type { ImageTables } from '../../../core/images/tables.js';
import { openDatabase, openSharedDatabase } from '../../../core/store/database.js';
import { LocalFileStore } from '../../../core/store/local-file-store.js';
import { withPostgres } from '../../support/relay-databases.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const newDatabase = withPostgres(test);

async function storeOn(t: ExecutionContext, kind: 'SQLite' | 'PostgreSQL') {
  const folder = await temporaryFolder();
  const isShared = kind === 'PostgreSQL';
  const { db, close } = isShared
    ? await openSharedDatabase<ImageTables>(await newDatabase(), relayMigrations, (error) =>
        t.log(error.message),
      )
    : await openDatabase<ImageTables>(join(folder, 'relay.db'), relayMigrations);
  t.teardown(close);
  const files = new LocalFileStore(join(folder, 'images'));
  await files.start();
  const clock = { now: Date.now() };
  const leases = isShared ? new BlobLeases(() => clock.now) : undefined;
  const newStore = () => {
    const budget = new DiskBudget(folder, { maxBytes: 1_000_000, minFreeBytes: 0 });
    return new ImageStore(db, files, budget, { leases });
  };
  return { db, newStore, leasesEnd: () => (clock.now += BLOB_LEASE_MS + 1) };
}

const bytes = Buffer.from('an image');
const sha256 = sha256Of(bytes);
const blob = { sha256, media_type: 'image/png' as const, bytes: bytes.length, width: 1, height: 1 };

const entry = (id: string, also?: (transaction: Kysely<ImageTables>) => Promise<void>) => {
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
  return { blob, image, ...(also && { also }) } satisfies ImageEntry;
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
    await store.commit(entry('2'), bytes);
    t.truthy(await store.original(sha256));
  });

  test(`bytes that another image has stay if a commit fails, on ${kind}`, async (t) => {
    const { newStore, leasesEnd } = await storeOn(t, kind);
    const store = newStore();
    await store.commit(entry('1'), bytes);
    await t.throwsAsync(store.commit(entry('2', refused), bytes));
    leasesEnd();
    await store.collect();
    t.deepEqual(await store.originalBytes(sha256), bytes);
    await store.remove(['1']);
    await store.collect();
    t.is(await store.original(sha256), undefined);
  });
}

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
