import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sql } from 'kysely';
import { KeptSummaries } from '../../../edge/store/kept-summaries.js';
import { Outbox } from '../../../edge/store/outbox.js';
import { MAX_KEPT_ROWS } from '../../../edge/store/outbox-kept.js';
import { appendSummaries, openOutboxDatabase } from '../../support/delivery-fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const HOUR_MS = 3_600_000;

async function openOutbox(t: ExecutionContext, maxBytes = 2 ** 24) {
  const { db, close } = await openOutboxDatabase(join(await temporaryFolder(t), 'edge.db'));
  t.teardown(close);
  const outbox = new Outbox(db, () => 1_000, { maxBytes, maxAgeMs: HOUR_MS, keptMs: 24 * HOUR_MS });
  let ran = 0;
  const kept = new KeptSummaries(db, { maxBytes, keptMs: 24 * HOUR_MS }, () => ran);
  const add = (count: number) => appendSummaries(db, outbox, count);
  const trimAfter = async (ms: number) => {
    ran += ms;
    await kept.trim();
    return (await outbox.state()).kept;
  };
  const keptBytes = async () => {
    const { rows } = await sql<{ stated: number; real: number; kept: number; rows: number }>`
      select kept_bytes as stated, kept,
        (select coalesce(sum(bytes), 0) from outbox_acknowledged) as real,
        (select count(*) from outbox_acknowledged) as rows from outbox_state`.execute(db);
    const [row] = rows;
    t.is(row?.stated, row?.real);
    t.is(row?.kept, row?.rows);
    return row?.real ?? 0;
  };
  return { db, outbox, kept, add, trimAfter, keptBytes };
}

test('acknowledged summaries are kept for a day of running time, whatever the clock says', async (t) => {
  const { outbox, add, trimAfter } = await openOutbox(t);
  await add(10);
  await outbox.acknowledge(10);
  t.is(await trimAfter(20 * HOUR_MS), 10);
  await add(5);
  await outbox.acknowledge(15);
  t.is(await trimAfter(4 * HOUR_MS), 15);
  t.is(await trimAfter(1), 5);
  t.is(await trimAfter(20 * HOUR_MS), 0);
});

test('what is kept takes a quarter of the budget at most, and never room from what waits', async (t) => {
  const { outbox, add, keptBytes } = await openOutbox(t, 40_000);
  for (let i = 0; i < 10; i++) {
    await add(20);
    const { lastSeq } = await outbox.state();
    await outbox.acknowledge(lastSeq);
    t.true((await keptBytes()) <= 10_000);
  }
  t.true((await keptBytes()) > 8_000);
  await add(125);
  const { bytes, evicted, summaries } = await outbox.state();
  t.deepEqual({ evicted, summaries }, { evicted: 0, summaries: 125 });
  t.true(bytes > 35_000);
  t.true(bytes + (await keptBytes()) <= 40_000);
});

test('the number of kept rows is bounded', async (t) => {
  const { db, outbox, add, keptBytes } = await openOutbox(t, 2 ** 40);
  await add(3);
  const { epoch } = await outbox.state();
  await sql`
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${MAX_KEPT_ROWS})
    insert into outbox_acknowledged (epoch, seq, payload, bytes, created_at, kept_at)
    select ${epoch}, i - ${MAX_KEPT_ROWS}, '{}', 2, 0, 0 from n`.execute(db);
  await sql`update outbox_state set kept = ${MAX_KEPT_ROWS}, kept_bytes = ${2 * MAX_KEPT_ROWS}`.execute(
    db,
  );
  await outbox.acknowledge(3);
  t.is((await outbox.state()).kept, MAX_KEPT_ROWS);
  await keptBytes();
});

test('rows that are put back are the same as before, and are kept again after their acknowledgement', async (t) => {
  const { outbox, add, keptBytes } = await openOutbox(t);
  await add(2_000);
  const before = await outbox.page(0, 2_000, 2_000);
  await outbox.acknowledge(2_000);
  await outbox.kept.sendAgain(500);
  t.deepEqual(await outbox.page(0, 2_000, 2_000), before.slice(500));
  t.like(await outbox.state(), { ackedSeq: 500, summaries: 1_500, kept: 500, forgotten: 0 });
  await keptBytes();
  await outbox.acknowledge(2_000);
  t.like(await outbox.state(), { ackedSeq: 2_000, summaries: 0, bytes: 0, kept: 2_000 });
  await keptBytes();
});

test('what an earlier epoch kept goes out again under new numbers, once', async (t) => {
  const { outbox, add, keptBytes } = await openOutbox(t);
  const [, , third, fourth] = await add(4);
  await outbox.acknowledge(4);
  const { epoch } = await outbox.state();
  await outbox.startNewEpoch({ epoch, seq: 4 }, 4, 'north');
  await add(1);
  t.deepEqual(await outbox.kept.earlierEpochs(), [epoch]);
  t.is(await outbox.kept.sendAgainOf(epoch, 2, 'north'), 2);
  t.is(await outbox.kept.sendAgainOf(epoch, 2, 'north'), 0);
  const rows = await outbox.page(0, 10, 10);
  t.deepEqual(
    rows.slice(1).map((row) => 'summary' in row && [row.seq, row.summary.snapshot, row.former]),
    [
      [2, third, 'north'],
      [3, fourth, 'north'],
    ],
  );
  t.like(await outbox.state(), { lastSeq: 3, summaries: 3, kept: 2 });
  await keptBytes();
});

test('a mark that was acknowledged is put back as a mark', async (t) => {
  const { outbox, add } = await openOutbox(t);
  await add(3);
  await outbox.setAside(2, 'too large');
  await outbox.acknowledge(3);
  await outbox.kept.sendAgain(0);
  const rows = await outbox.page(0, 10, 10);
  t.deepEqual(
    rows.map((row) => ('summary' in row ? row.seq : [row.seq, row.reason, row.detail])),
    [1, [2, 'refused', 'too large'], 3],
  );
  t.is((await outbox.state()).summaries, 2);
});

for (const payload of ['{"camera":', 'null', '"text"'])
  test(`the newest kept summary is none if it is damaged: ${payload}`, async (t) => {
    const { db, outbox, kept, add } = await openOutbox(t);
    await add(2);
    await outbox.acknowledge(2);
    t.truthy(await kept.newest());
    await db.updateTable('outbox_acknowledged').set({ payload }).where('seq', '=', 2).execute();
    t.is(await kept.newest(), undefined);
  });
