import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { openDatabase } from '../../../core/store/database.js';
import { tablesOf } from '../../../core/store/table-set.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import { Outbox } from '../../../edge/store/outbox.js';
import { refusedSummaries } from '../../../edge/store/outbox-refused.js';
import { type EdgeTables, outboxTables } from '../../../edge/store/tables.js';
import { aSummary } from '../../support/delivery-fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** The schema of the version before. */
const before = Object.fromEntries(Object.entries(edgeMigrations).filter(([name]) => name < '0008'));

/** A database of that version, with a mark of evicted summaries and three summaries, of which some may have been sent. */
async function upgraded(t: ExecutionContext) {
  const path = join(await temporaryFolder(t), 'edge.db');
  const old = await openDatabase<EdgeTables>(path, before);
  const summaries = Array.from({ length: 3 }, () => aSummary());
  await sql`
    insert into outbox (seq, payload, bytes, created_at, dropped_from, reason, image)
    values (12, '', 0, 0, 11, 'age', null)`.execute(old.db);
  for (const [i, summary] of summaries.entries())
    await sql`
      insert into outbox (seq, payload, bytes, created_at, image)
      values (${13 + i}, ${JSON.stringify(summary)}, 200, 5, ${summary.snapshot})`.execute(old.db);
  await sql`
    update outbox_state set last_seq = 15, acked_seq = 10, summaries = 3, bytes = 600, evicted = 2,
      sent_mark = 14, file_identity = 'a file'`.execute(old.db);
  const { epoch } = await old.db
    .selectFrom('outbox_state')
    .select('epoch')
    .executeTakeFirstOrThrow();
  await old.close();
  const { db, close } = await openDatabase<EdgeTables>(path, edgeMigrations);
  t.teardown(close);
  const tables = tablesOf(db, outboxTables);
  const outbox = new Outbox(tables, () => 1_000, {
    maxBytes: 10_000,
    maxAgeMs: 86_400_000,
    keptMs: 86_400_000,
  });
  return { tables, outbox, epoch, summaries };
}

test('an upgrade keeps epoch, numbers, marks and waiting summaries', async (t) => {
  const { outbox, epoch, summaries } = await upgraded(t);
  t.like(await outbox.begin('a file', 'north'), {
    epoch,
    lastSeq: 15,
    ackedSeq: 10,
    summaries: 3,
    evicted: 2,
    refused: 0,
    forgotten: 0,
    kept: 0,
    sentWatermark: 14,
    sharedSeq: 0,
  });
  const rows = await outbox.page(10, 15, 10);
  t.like(rows[0], { from: 11, seq: 12, reason: 'age', detail: null });
  t.deepEqual(
    rows.slice(1).map((row) => 'summary' in row && row.summary),
    summaries,
  );
});

test('after an upgrade, summaries can be set aside, kept and put back', async (t) => {
  const { tables, outbox } = await upgraded(t);
  await outbox.begin('a file', 'north');
  t.true(await outbox.setAside(14, 'too many labels'));
  t.is((await refusedSummaries(tables)).length, 1);
  await outbox.acknowledge(15);
  t.like(await outbox.state(), { summaries: 0, bytes: 0, kept: 4, ackedSeq: 15 });
  await outbox.kept.sendAgain(5);
  const rows = await outbox.page(0, 100, 100);
  t.deepEqual(
    rows.map((row) => [row.from, row.seq, 'summary' in row ? 'summary' : row.reason]),
    [
      [6, 10, 'forgotten'],
      [11, 12, 'age'],
      [13, 13, 'summary'],
      [14, 14, 'refused'],
      [15, 15, 'summary'],
    ],
  );
  t.like(await outbox.state(), { ackedSeq: 5, summaries: 2, bytes: 400, kept: 0, forgotten: 5 });
});

test('the first start after an upgrade adopts the site id, and a later change begins a new epoch', async (t) => {
  const { outbox, epoch } = await upgraded(t);
  t.is((await outbox.begin('a file', 'north')).epoch, epoch);
  t.is((await outbox.begin('a file', 'north')).epoch, epoch);
  const changed = await outbox.begin('a file', 'south');
  t.not(changed.epoch, epoch);
  t.like(changed, { ackedSeq: 0, lastSeq: 5, summaries: 3 });
  const rows = await outbox.page(0, 10, 10);
  t.deepEqual(
    rows.map((row) => ('summary' in row ? [row.seq, row.former] : [row.seq, row.reason])),
    [
      [2, 'age'],
      // 13 and 14 may have been sent, 15 was not.
      [3, 'north'],
      [4, 'north'],
      [5, null],
    ],
  );
});
