import { join } from 'node:path';
import test from 'ava';
import { isStorageFailure } from '../../../core/store/storage-failure.js';
import { Outbox } from '../../../edge/store/outbox.js';
import { aSummary, openOutboxDatabase } from '../../support/delivery-fixtures.js';
import { smallDisk } from '../../support/small-disk.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testWithMount } from '../../support/test-with-mount.js';

type Opened = Awaited<ReturnType<typeof openOutboxDatabase>>;

/** Appends until the storage fails. Resolves with the error. */
async function appendUntilFull({ db }: Opened, outbox: Outbox): Promise<unknown> {
  for (let i = 0; i < 50_000; i++) {
    const error = await db
      .transaction()
      .execute((trx) => outbox.append(trx, aSummary()))
      .then(() => undefined)
      .catch((reason: unknown) => reason);
    if (error) return error;
  }
  return undefined;
}

async function isWhole(outbox: Outbox): Promise<boolean> {
  const rows = await outbox.page(0, Number.MAX_SAFE_INTEGER, 100_000);
  const { lastSeq, summaries } = await outbox.state();
  return (
    rows.length === lastSeq &&
    summaries === lastSeq &&
    rows.every(({ seq }, index) => seq === index + 1)
  );
}

test('a database that may not grow refuses whole summaries, and accepts them again when it may', async (t) => {
  const opened = await openOutboxDatabase(join(await temporaryFolder(t), 'edge.db'));
  t.teardown(opened.close);
  const outbox = new Outbox(opened.db);
  const pages = opened.sqlite.pragma('page_count', { simple: true }) as number;
  opened.sqlite.pragma(`max_page_count = ${pages + 5}`);
  const error = await appendUntilFull(opened, outbox);
  t.true(isStorageFailure(error), String(error));
  const { lastSeq } = await outbox.state();
  t.true(await isWhole(outbox));
  opened.sqlite.pragma('max_page_count = 1000000');
  await opened.db.transaction().execute((trx) => outbox.append(trx, aSummary()));
  t.is((await outbox.state()).lastSeq, lastSeq + 1);
  t.true(await isWhole(outbox));
});

testWithMount(
  'on a full disk nothing is half written, and recording continues when there is space',
  async (t) => {
    const disk = await smallDisk(t, 3);
    const opened = await openOutboxDatabase(join(disk.folder, 'edge.db'));
    t.teardown(opened.close);
    const outbox = new Outbox(opened.db);
    await opened.db.transaction().execute((trx) => outbox.append(trx, aSummary()));
    disk.fill();
    const error = await appendUntilFull(opened, outbox);
    t.true(isStorageFailure(error), String(error));
    await t.throwsAsync(outbox.probe(), { any: true });
    t.true(await isWhole(outbox));
    disk.free();
    await outbox.probe();
    const { lastSeq } = await outbox.state();
    await opened.db.transaction().execute((trx) => outbox.append(trx, aSummary()));
    t.is((await outbox.state()).lastSeq, lastSeq + 1);
    t.true(await isWhole(outbox));
    await outbox.acknowledge(lastSeq + 1);
    t.is((await outbox.state()).summaries, 0);
  },
);
