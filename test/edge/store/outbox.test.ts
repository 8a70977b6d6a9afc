import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { sql } from 'kysely';
import { summaryRecordSchema, summarySchema } from '../../../core/contract/summary.js';
import { MAX_PAYLOAD_BYTES } from '../../../core/contract/topics.js';
import { openDatabase } from '../../../core/store/database.js';
import { tablesOf } from '../../../core/store/table-set.js';
import { unitOfWork } from '../../../core/store/unit-of-work.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import { Outbox, type OutboxBudget, type OutboxRow } from '../../../edge/store/outbox.js';
import {
  type EvictionReason,
  evict,
  MAX_DROPPED_ROWS,
  oldestSummaries,
} from '../../../edge/store/outbox-eviction.js';
import { outboxMigration } from '../../../edge/store/outbox-migration.js';
import type { OutboxTables } from '../../../edge/store/outbox-tables.js';
import { type EdgeTables, outboxTables } from '../../../edge/store/tables.js';
import { aDetection, aSummary, openOutboxDatabase } from '../../support/delivery-fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const DAY_MS = 86_400_000;

/** The schema before rows of the outbox named their image. */
const beforeOutboxImage = Object.fromEntries(
  Object.entries(edgeMigrations).filter(([name]) => name < '0007'),
);

async function openOutbox(t: ExecutionContext, file?: string, budget?: OutboxBudget) {
  const path = file ?? join(await temporaryFolder(t), 'edge.db');
  const { db, close } = await openOutboxDatabase(path);
  t.teardown(close);
  let now = Date.parse('2024-05-01T10:00:00Z');
  let trusted = true;
  const outbox = new Outbox(db, () => (trusted ? now : 0), budget);
  const advance = (ms: number) => {
    now += ms;
  };
  const trust = (whether: boolean) => {
    trusted = whether;
  };
  const evictOldest = (count: number, reason: EvictionReason) =>
    db
      .transaction()
      .execute(async (trx) => evict(trx, await oldestSummaries(trx, count), reason, now));
  const add = (count = 1, fail = false) =>
    db.transaction().execute(async (trx) => {
      for (let i = 0; i < count; i++) await outbox.append(trx, aSummary());
      if (fail) throw new Error('the transaction fails');
    });
  const seqs = async () =>
    (await outbox.page(0, Number.MAX_SAFE_INTEGER, 10_000)).map(({ seq }) => seq);
  return { path, db, close, outbox, add, seqs, advance, trust, evictOldest };
}

const rowsOf = (outbox: Outbox) => outbox.page(0, Number.MAX_SAFE_INTEGER, 10_000);
const snapshotOf = (row: OutboxRow) => 'summary' in row && row.summary.snapshot;
const sumOf = (rows: OutboxRow[]) => rows.reduce((sum, { bytes }) => sum + bytes, 0);

test('numbers rise by one without a gap, though transactions are rolled back in between', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 12 }), async (fails) => {
      const { add, seqs, outbox, close } = await openOutbox(t);
      for (const fail of fails) await add(2, fail).catch(() => undefined);
      const kept = fails.filter((fail) => !fail).length * 2;
      t.deepEqual(
        await seqs(),
        Array.from({ length: kept }, (_, i) => i + 1),
      );
      t.is((await outbox.state()).lastSeq, kept);
      await close();
    }),
    { numRuns: 20 },
  );
});

test('a restart keeps the epoch, the numbers and what is not acknowledged', async (t) => {
  const first = await openOutbox(t);
  await first.add(5);
  await first.outbox.acknowledge(2);
  const before = await first.outbox.state();
  await first.close();
  const second = await openOutbox(t, first.path);
  t.deepEqual(await second.outbox.state(), before);
  t.deepEqual(await second.seqs(), [3, 4, 5]);
  await second.add();
  t.deepEqual(await second.seqs(), [3, 4, 5, 6]);
});

test('a number is not reused after its row was acknowledged', async (t) => {
  const { outbox, add, seqs } = await openOutbox(t);
  await add(3);
  await outbox.acknowledge(3);
  await outbox.acknowledge(1);
  t.like(await outbox.state(), { ackedSeq: 3, lastSeq: 3 });
  await add();
  t.deepEqual(await seqs(), [4]);
});

test('pages follow each other, and the age of the oldest is known', async (t) => {
  const { outbox, add, advance } = await openOutbox(t);
  t.deepEqual(await outbox.depth(), { depth: 0, oldestSeconds: null });
  await add(7);
  const seqsOf = async (after: number, upTo: number, limit: number) =>
    (await outbox.page(after, upTo, limit)).map(({ seq }) => seq);
  t.deepEqual(await seqsOf(2, 7, 3), [3, 4, 5]);
  t.deepEqual(await seqsOf(2, 4, 3), [3, 4]);
  advance(5_000);
  t.deepEqual(await outbox.depth(), { depth: 7, oldestSeconds: 5 });
});

test('a new epoch acknowledges the shared rows that the relay names, and renumbers the others from 1 in the same order', async (t) => {
  const { outbox, add, seqs } = await openOutbox(t);
  await add(9);
  await outbox.acknowledge(1);
  await outbox.begin('the original');
  await outbox.begin('the copy');
  await add(3);
  const before = await outbox.state();
  const kept = (await rowsOf(outbox)).filter(({ seq }) => ![2, 3, 6, 7, 9].includes(seq));
  const after = await outbox.startNewEpoch(
    {
      epoch: before.epoch,
      seq: 3,
      ahead: [
        [6, 7],
        [9, 30],
      ],
    },
    before.sharedSeq,
  );
  t.is(before.sharedSeq, 9);
  t.not(after.epoch, before.epoch);
  t.like(after, { ackedSeq: 0, lastSeq: 6, summaries: 6, sentWatermark: 0, sharedSeq: 0 });
  t.is(after.bytes, sumOf(kept));
  t.deepEqual(await seqs(), [1, 2, 3, 4, 5, 6]);
  t.deepEqual((await rowsOf(outbox)).map(snapshotOf), kept.map(snapshotOf));
  await add();
  t.deepEqual(await seqs(), [1, 2, 3, 4, 5, 6, 7]);
});

test('a new epoch keeps the extent of what was evicted', async (t) => {
  const { outbox, add, evictOldest } = await openOutbox(t);
  await add(10);
  await evictOldest(6, 'age');
  await outbox.acknowledge(2);
  await outbox.startNewEpoch({ epoch: (await outbox.state()).epoch, seq: 40 }, 0);
  t.deepEqual(
    (await rowsOf(outbox)).map(({ from, seq }) => [from, seq]),
    [
      [1, 6],
      [7, 7],
      [8, 8],
      [9, 9],
      [10, 10],
    ],
  );
});

test('beyond the budget of bytes the oldest are evicted, and one row takes their place', async (t) => {
  const bytes = Buffer.byteLength(JSON.stringify(aSummary()));
  const budget = { maxBytes: 10 * bytes, maxAgeMs: DAY_MS };
  const { outbox, add } = await openOutbox(t, undefined, budget);
  await add(10);
  t.like(await outbox.state(), { summaries: 10, evicted: 0, bytes: 10 * bytes });
  await add(5);
  const rows = await rowsOf(outbox);
  const { summaries, evicted, bytes: held } = await outbox.state();
  t.is(summaries + evicted, 15);
  t.true(held <= budget.maxBytes);
  t.is(held, summaries * bytes);
  t.like(rows[0], { from: 1, seq: evicted, bytes: 0, reason: 'bytes' });
  t.deepEqual(
    rows.slice(1).map(({ seq }) => seq),
    Array.from({ length: summaries }, (_, i) => evicted + 1 + i),
  );
});

test('an eviction is rolled back with the transaction that needed it', async (t) => {
  const { outbox, add } = await openOutbox(t, undefined, { maxBytes: 3_000, maxAgeMs: DAY_MS });
  await add(5);
  const before = await outbox.state();
  await t.throwsAsync(add(30, true));
  t.deepEqual(await outbox.state(), before);
  t.is((await rowsOf(outbox)).length, 5);
});

test('what is older than the budget allows is evicted in chunks, the others stay', async (t) => {
  const { outbox, add, advance } = await openOutbox(t, undefined, {
    maxBytes: 2 ** 30,
    maxAgeMs: DAY_MS,
  });
  await add(1_200);
  advance(DAY_MS);
  await add(3);
  t.is(await outbox.trim(), 0);
  advance(1);
  t.is(await outbox.trim(), 1_200);
  const rows = await rowsOf(outbox);
  t.like(rows[0], { from: 1, seq: 1_200, reason: 'age' });
  t.is(rows.length, 4);
  t.like(await outbox.state(), { summaries: 3, evicted: 1_200, bytes: sumOf(rows) });
});

test('a clock that starts in 1970 and then jumps evicts nothing that is not old', async (t) => {
  const { outbox, add, advance, trust } = await openOutbox(t, undefined, {
    maxBytes: 2 ** 30,
    maxAgeMs: DAY_MS,
  });
  trust(false);
  await add(700);
  t.deepEqual(await outbox.depth(), { depth: 700, oldestSeconds: null });
  t.is(await outbox.trim(), 0);
  trust(true);
  advance(50 * 365 * DAY_MS);
  t.is(await outbox.trim(), 0);
  await add(2);
  t.is(await outbox.trim(), 0);
  t.deepEqual(await outbox.depth(), { depth: 702, oldestSeconds: 0 });
  advance(DAY_MS + 1);
  t.is(await outbox.trim(), 702, 'they are as old as the next summary whose time is known');
});

test('ranges evicted one after the other for the same reason are merged, and their number is bounded', async (t) => {
  const { outbox, add, evictOldest } = await openOutbox(t);
  await add(2_000);
  await evictOldest(3, 'bytes');
  await evictOldest(4, 'bytes');
  await evictOldest(5, 'age');
  t.deepEqual(
    (await rowsOf(outbox)).slice(0, 3).map(({ from, seq }) => [from, seq]),
    [
      [1, 7],
      [8, 12],
      [13, 13],
    ],
  );
  for (let i = 0; i < 100; i++) await evictOldest(1, i % 2 ? 'age' : 'bytes');
  const rows = await rowsOf(outbox);
  const dropped = rows.filter((row) => 'reason' in row);
  t.is(dropped.length, MAX_DROPPED_ROWS);
  let next = 1;
  for (const { from, seq } of rows) {
    t.is(from, next);
    next = seq + 1;
  }
  t.is(next, 2_001);
});

test('bytes and counts are exact whatever is added, evicted, acknowledged or rolled back', async (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ kind: fc.constant('fail' as const), count: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ kind: fc.constant('acknowledge' as const), count: fc.nat(6) }),
    fc.record({ kind: fc.constant('age' as const), count: fc.nat(4) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const budget = { maxBytes: 6_000, maxAgeMs: DAY_MS };
      const { outbox, add, evictOldest, close, db } = await openOutbox(t, undefined, budget);
      for (const { kind, count } of steps) {
        const { ackedSeq, lastSeq } = await outbox.state();
        if (kind === 'add') await add(count);
        else if (kind === 'fail') await add(count, true).catch(() => undefined);
        else if (kind === 'acknowledge')
          await outbox.acknowledge(Math.min(lastSeq, ackedSeq + count));
        else await evictOldest(count, 'age');
        const rows = await rowsOf(outbox);
        const state = await outbox.state();
        const held = rows.filter((row) => 'summary' in row);
        t.is(state.summaries, held.length);
        t.is(state.bytes, sumOf(held));
        t.true(state.bytes <= budget.maxBytes);
        let next = state.ackedSeq + 1;
        for (const { from, seq } of rows) {
          t.is(Math.max(from, state.ackedSeq + 1), next);
          next = seq + 1;
        }
        t.is(next, state.lastSeq + 1);
      }
      const hours = await db.selectFrom('outbox_hour').selectAll().execute();
      const { evicted } = await outbox.state();
      t.is(
        hours.reduce((sum, hour) => sum + hour.evicted, 0),
        evicted,
      );
      await close();
    }),
    { numRuns: 25 },
  );
});

test('the last 48 hours with activity are counted', async (t) => {
  const { outbox, add, advance } = await openOutbox(t);
  for (let hour = 0; hour < 60; hour++) {
    await add(2);
    advance(3_600_000);
  }
  await outbox.acknowledge(5);
  const hours = await outbox.hours();
  t.is(hours.length, 48);
  t.like(hours[0], { added: 0, acknowledged: 5, evicted: 0 });
  t.like(hours[1], { added: 2, acknowledged: 0, evicted: 0 });
});

test('an acknowledgement of very many rows removes them in chunks, and summaries are added in between', async (t) => {
  const { outbox, add, db } = await openOutbox(t);
  await add(1);
  await sql`
    insert into outbox (seq, payload, bytes, created_at)
    with recursive n(i) as (select 2 union all select i + 1 from n where i < 100000)
    select i, (select payload from outbox where seq = 1), 1, 1 from n`.execute(db);
  await db.updateTable('outbox_state').set({ last_seq: 100_000 }).execute();
  const acknowledging = outbox.acknowledge(100_000);
  await add(1);
  t.true((await outbox.state()).ackedSeq < 50_000, 'the summary was added in between');
  await acknowledging;
  t.like(await outbox.state(), { ackedSeq: 100_000, lastSeq: 100_001 });
});

test('an upgrade keeps the waiting summaries, and assumes that they may have been sent', async (t) => {
  const path = join(await temporaryFolder(t), 'edge.db');
  const old = await openDatabase<OutboxTables>(path, { '0001_outbox': outboxMigration });
  const payload = JSON.stringify(aSummary());
  await sql`insert into outbox (seq, payload, bytes, created_at) values (3, ${payload}, 200, 5), (4, ${payload}, 300, 6)`.execute(
    old.db,
  );
  await sql`update outbox_state set last_seq = 4, acked_seq = 2`.execute(old.db);
  await old.close();
  const { outbox, seqs } = await openOutbox(t, path);
  t.deepEqual(await seqs(), [3, 4]);
  t.like(await outbox.begin('any'), {
    lastSeq: 4,
    ackedSeq: 2,
    summaries: 2,
    bytes: 500,
    sentWatermark: 4,
    sharedSeq: 0,
  });
});

test('an upgrade stores the image id of each waiting summary', async (t) => {
  const path = join(await temporaryFolder(t), 'edge.db');
  const old = await openDatabase<EdgeTables>(path, beforeOutboxImage);
  const summaries = [aSummary(), aSummary({ detections: [], omitted: 700 }), aSummary()];
  await sql`
    insert into outbox (seq, payload, bytes, created_at, dropped_from, reason)
    values (2, '', 0, 0, 1, 'age'), (3, '', 0, 0, 3, 'bytes')`.execute(old.db);
  for (const [i, summary] of summaries.entries())
    await sql`
      insert into outbox (seq, payload, bytes, created_at)
      values (${4 + i}, ${JSON.stringify(summary)}, 200, 0)`.execute(old.db);
  await sql`update outbox_state set last_seq = 6, summaries = 3, bytes = 600`.execute(old.db);
  await old.close();

  const { db, close } = await openDatabase<EdgeTables>(path, edgeMigrations);
  t.teardown(close);
  const imagesOf = async () =>
    (await db.selectFrom('outbox').select(['seq', 'image']).orderBy('seq').execute()).map(
      ({ seq, image }) => [seq, image],
    );
  const [first, second, third] = summaries.map(({ snapshot }) => snapshot);
  const waiting = [
    [2, null],
    [3, null],
    [4, first],
    [5, second],
    [6, third],
  ];
  t.deepEqual(await imagesOf(), waiting);
  const next = aSummary();
  const outbox = new Outbox(tablesOf(db, outboxTables));
  await unitOfWork(db, (transaction) => outbox.append(transaction.of(outboxTables), next));
  t.deepEqual(await imagesOf(), [...waiting, [7, next.snapshot]]);
});

test('a row names its image, also if detections were left out; a row of evicted summaries names none', async (t) => {
  const { db, outbox, evictOldest } = await openOutbox(t);
  const thinned = aSummary({
    detections: Array.from({ length: 5_000 }, (_, i) => aDetection('stop sign', i)),
  });
  const summaries = [aSummary(), aSummary(), thinned, aSummary()];
  await db.transaction().execute(async (trx) => {
    for (const summary of summaries) await outbox.append(trx, summary);
  });
  await evictOldest(2, 'age');
  const imagesOf = async () =>
    (await db.selectFrom('outbox').select('image').orderBy('seq').execute()).map(
      ({ image }) => image,
    );
  const [, , third, fourth] = summaries.map(({ snapshot }) => snapshot);
  t.deepEqual(await imagesOf(), [null, third, fourth]);
  await outbox.startNewEpoch({ epoch: (await outbox.state()).epoch, seq: 40 }, 0);
  t.deepEqual(await imagesOf(), [null, third, fourth], 'a new epoch keeps them');
});

test('what may have been sent never exceeds what existed when the process began', async (t) => {
  const { outbox, add } = await openOutbox(t);
  await add(3);
  await outbox.raiseSentWatermark(1_000);
  t.like(await outbox.state(), { sentWatermark: 1_000 });
  t.like(await outbox.begin('this file'), { sentWatermark: 3, sharedSeq: 0 });
  await add(2);
  t.like(await outbox.begin('this file'), { sentWatermark: 3, sharedSeq: 0 });
  t.like(await outbox.begin('a copy of it'), { sentWatermark: 3, sharedSeq: 5 });
});

test('a summary too large for a message keeps its strongest detections and the number of the others', async (t) => {
  const { db, outbox } = await openOutbox(t);
  const detections = Array.from({ length: 5_000 }, (_, i) => aDetection('stop sign', i));
  await db.transaction().execute((trx) => outbox.append(trx, aSummary({ detections })));
  const [row] = await rowsOf(outbox);
  const record = {
    v: 1,
    epoch: (await outbox.state()).epoch,
    seq: 1,
    first: 1,
    summary: row && 'summary' in row ? row.summary : undefined,
  };
  const parsed = summaryRecordSchema.parse(record);
  t.true(Buffer.byteLength(JSON.stringify(parsed)) <= MAX_PAYLOAD_BYTES);
  t.true(parsed.summary.detections.length > 500);
  t.is(parsed.summary.detections.length + (parsed.summary.omitted ?? 0), 5_000);
  t.is(parsed.summary.detections[0]?.neighbors, 4_999);
});

test('of 80 labels a summary keeps the 64 that were found most certainly', async (t) => {
  const { db, outbox } = await openOutbox(t);
  const detections = Array.from({ length: 160 }, (_, i) => ({
    ...aDetection(`label ${i % 80}`),
    ...{ confidence: i < 80 ? (i + 1) / 100 : 0.005, neighbors: null, score: null },
  }));
  await db.transaction().execute((trx) => outbox.append(trx, aSummary({ detections, omitted: 2 })));
  const [row] = await rowsOf(outbox);
  if (!row || !('summary' in row)) return t.fail();
  const labels = new Set(row.summary.detections.map(({ label }) => label));
  t.is(labels.size, 64);
  t.false(labels.has('label 15'));
  t.true(labels.has('label 16') && labels.has('label 79'));
  t.is(row.summary.detections.length, 128);
  t.is(row.summary.omitted, 34);
  t.notThrows(() => summarySchema.parse(row.summary));
});

test('a summary too large for a message keeps what a model found most certainly', async (t) => {
  const { db, outbox } = await openOutbox(t);
  const detections = Array.from({ length: 5_000 }, (_, i) => ({
    ...aDetection('person'),
    ...{ confidence: i / 5_000, neighbors: null, score: null },
  }));
  await db.transaction().execute((trx) => outbox.append(trx, aSummary({ detections })));
  const [row] = await rowsOf(outbox);
  if (!row || !('summary' in row)) return t.fail();
  const least = Math.min(...row.summary.detections.map(({ confidence }) => confidence));
  t.true(least > 0.5);
  t.is(row.summary.detections.length + (row.summary.omitted ?? 0), 5_000);
});
