import test from 'ava';
import fc from 'fast-check';
import { type Kysely, sql } from 'kysely';
import { siteGaps } from '../../../cloud-relay/fleet/gaps.js';
import { commitBatch } from '../../../cloud-relay/ingest/commit-batch.js';
import { MAX_RANGES_AHEAD } from '../../../cloud-relay/ingest/reconcile.js';
import { ledgerOf } from '../../../cloud-relay/store/ledger-table.js';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import { siteTotals } from '../../../cloud-relay/store/site-total-table.js';
import { newestSummaries } from '../../../cloud-relay/store/summary-table.js';
import {
  aDetection,
  aDrop,
  anArrival,
  EPOCH,
  relayDatabase,
} from '../../support/delivery-fixtures.js';
import { relayDatabases, withSites } from '../../support/relay-databases.js';

const NOW = 9_000;

async function gapsOf(db: Kysely<RelayTables>) {
  const { gaps } = await siteGaps(db, 'north');
  return gaps
    .map(({ kind, from, to, reason }) => [from, to, reason ?? kind] as const)
    .sort(([a], [b]) => a - b);
}

async function storedSeqs(db: Kysely<RelayTables>, site = 'north'): Promise<number[]> {
  const rows = await db.selectFrom('summary').select('seq').where('site', '=', site).execute();
  return rows.map(({ seq }) => seq).sort((a, b) => a - b);
}

for (const { name, open } of relayDatabases(test)) {
  test(`the watermark is the last number without a hole below it, whatever the order, batches and repeats (${name})`, async (t) => {
    const db = await open(t);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 }), {
          minLength: 1,
          maxLength: 8,
        }),
        async (batches) => {
          const site = `site-${++run}`;
          await withSites(db, site);
          const seen = new Set<number>();
          for (const seqs of batches) {
            const before = seen.size;
            const { ledger, added } = await commitBatch(
              db,
              seqs.map((seq) => anArrival(seq, { site })),
              NOW,
            );
            for (const seq of seqs) seen.add(seq);
            let expected = 0;
            while (seen.has(expected + 1)) expected++;
            t.is(ledger[0]?.watermark, expected);
            const ahead = [...seen].filter((seq) => seq > expected).sort((a, b) => a - b);
            const named = ledger[0]?.ahead.flatMap(([a, b]) =>
              Array.from({ length: b - a + 1 }, (_, i) => a + i),
            );
            t.deepEqual(named, ahead);
            t.is(added, seen.size - before);
          }
          t.deepEqual(
            await storedSeqs(db, site),
            [...seen].sort((a, b) => a - b),
          );
          const [totals] = await siteTotals(db, [site]);
          t.like(totals, { summaries: seen.size, detections: seen.size });
        },
      ),
      { numRuns: 40 },
    );
  });

  test(`every label that a summary may have is stored and found as it is (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    const labels = [
      `"quoted" 'twice'`,
      'back\\slash \\u0041 \\n',
      '{a,b} $1 ?',
      '停 \u{1f6d1} é',
      'null',
    ];
    const arrivals = labels.map((label, i) =>
      anArrival(i + 1, { summary: { detections: [aDetection(label)] } }),
    );
    await commitBatch(db, arrivals, NOW);
    const rows = await db.selectFrom('summary').select('payload').orderBy('seq').execute();
    t.deepEqual(
      rows.map(({ payload }) => JSON.parse(payload).detections[0].label),
      labels,
    );
    for (const [i, label] of labels.entries()) {
      const [found, ...others] = await newestSummaries(db, 'north', { label }, 10);
      t.deepEqual(others, []);
      t.is(found?.payload, rows[i]?.payload);
      t.is(found?.received_at, arrivals[i]?.receivedAt);
    }
  });

  test(`several outboxes in one batch have a watermark each (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north', 'south');
    const other = '0f0e3c0e-5b9b-4f0e-9a53-0d3bd0a3c002';
    const { ledger } = await commitBatch(
      db,
      [
        anArrival(1),
        anArrival(2),
        anArrival(4),
        anArrival(1, { site: 'south' }),
        anArrival(2, { epoch: other }),
      ],
      NOW,
    );
    t.deepEqual(
      ledger.map(({ site, epoch, watermark }) => [site, epoch === other, watermark]).sort(),
      [
        ['north', false, 2],
        ['north', true, 0],
        ['south', false, 1],
      ],
    );
  });

  test(`two relays that commit the same outbox at the same time store each record once (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    const seqs = Array.from({ length: 60 }, (_, i) => i + 1);
    const halves = [0, 1].map((odd) => seqs.filter((seq) => seq % 2 === odd || seq % 5 === 0));
    const batches = halves.flatMap((half) => [half.slice(0, 15), half.slice(15)]);
    const committed = await Promise.all(
      batches.map((batch) =>
        commitBatch(
          db,
          batch.map((seq) => anArrival(seq)),
          NOW,
        ),
      ),
    );
    t.is(
      committed.reduce((sum, { added }) => sum + added, 0),
      60,
    );
    t.deepEqual(await storedSeqs(db), seqs);
    t.is((await ledgerOf(db, 'north'))[0]?.watermark, 60);
  });

  test(`repeated records are acknowledged again, and counted once (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    const batch = [1, 2, 3].map((seq) => anArrival(seq));
    await commitBatch(db, [...batch, ...batch], NOW);
    const again = await commitBatch(db, batch, NOW);
    t.is(again.added, 0);
    t.is(again.ledger[0]?.watermark, 3);
    t.like((await siteTotals(db, ['north']))[0], { summaries: 3, detections: 3 });
  });

  test(`a reported drop moves the watermark, and is distinct from missing and lost summaries (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    await commitBatch(db, [anArrival(1), anArrival(3), anArrival(12)], NOW);
    t.deepEqual(await gapsOf(db), [
      [2, 2, 'missing'],
      [4, 11, 'missing'],
    ]);
    const { ledger } = await commitBatch(db, [aDrop(2, 8)], NOW);
    t.is(ledger[0]?.watermark, 8);
    t.deepEqual(await gapsOf(db), [
      [2, 2, 'bytes'],
      [4, 8, 'bytes'],
      [9, 11, 'missing'],
    ]);
    await commitBatch(db, [anArrival(20, { first: 11 })], NOW);
    t.deepEqual(await gapsOf(db), [
      [2, 2, 'bytes'],
      [4, 8, 'bytes'],
      [9, 10, 'lost'],
      [11, 11, 'missing'],
      [13, 19, 'missing'],
    ]);
    t.deepEqual(await storedSeqs(db), [1, 3, 12, 20]);
  });

  test(`a drop that is reported twice, grows or arrives late changes nothing that was reported before (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    await commitBatch(db, [aDrop(1, 4)], NOW);
    await commitBatch(db, [aDrop(1, 4), aDrop(1, 6, { reason: 'age' })], NOW + 1);
    t.deepEqual(await gapsOf(db), [
      [1, 4, 'bytes'],
      [5, 6, 'age'],
    ]);
    await commitBatch(db, [anArrival(9, { first: 9 })], NOW);
    const late = await commitBatch(db, [aDrop(7, 7), aDrop(8, 8, { reason: 'age' })], NOW);
    t.is(late.ledger[0]?.watermark, 9);
    t.deepEqual(await gapsOf(db), [
      [1, 4, 'bytes'],
      [5, 6, 'age'],
      [7, 7, 'bytes'],
      [8, 8, 'age'],
    ]);
  });

  test(`a summary that was recorded as dropped or lost is stored if it arrives after all (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    await commitBatch(db, [aDrop(1, 4), anArrival(8, { first: 7 })], NOW);
    const { added } = await commitBatch(db, [anArrival(3), anArrival(5), anArrival(8)], NOW);
    t.is(added, 2);
    t.deepEqual(await gapsOf(db), [
      [1, 2, 'bytes'],
      [4, 4, 'bytes'],
      [6, 6, 'lost'],
      [7, 7, 'missing'],
    ]);
    t.deepEqual(await storedSeqs(db), [3, 5, 8]);
  });

  test(`whatever the order of summaries and drops, each number is accounted for once (${name})`, async (t) => {
    const db = await open(t);
    let run = 0;
    const anything = fc.oneof(
      fc.record({ seq: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ from: fc.integer({ min: 1, max: 20 }), length: fc.integer({ min: 1, max: 6 }) }),
    );
    const batches = fc.array(fc.array(anything, { minLength: 1, maxLength: 5 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(batches, async (told) => {
        const site = `site-${++run}`;
        await withSites(db, site);
        const expected = new Map<number, 'here' | 'dropped'>();
        for (const batch of told) {
          for (const one of batch) if ('seq' in one) expected.set(one.seq, 'here');
          for (const one of batch)
            if ('from' in one)
              for (let seq = one.from; seq < one.from + one.length; seq++)
                if (!expected.has(seq)) expected.set(seq, 'dropped');
          await commitBatch(
            db,
            batch.map((one) =>
              'seq' in one
                ? anArrival(one.seq, { site })
                : aDrop(one.from, one.from + one.length - 1, { site }),
            ),
            NOW,
          );
        }
        const here = [...expected].filter(([, state]) => state === 'here').map(([seq]) => seq);
        t.deepEqual(
          await storedSeqs(db, site),
          here.sort((a, b) => a - b),
        );
        const { gaps } = await siteGaps(db, site);
        const dropped = gaps
          .filter(({ kind }) => kind === 'dropped')
          .reduce((sum, { count }) => sum + count, 0);
        t.is(dropped, expected.size - here.length);
      }),
      { numRuns: 40 },
    );
  });

  test(`summaries that the appliance no longer holds are recorded as lost, and not expected (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    await commitBatch(
      db,
      [1, 2, 5, 6, 9].map((seq) => anArrival(seq)),
      NOW,
    );
    const { ledger, lost } = await commitBatch(db, [anArrival(12, { first: 12 })], NOW);
    t.is(ledger[0]?.watermark, 12);
    t.is(lost.length, 1);
    t.deepEqual(await gapsOf(db), [
      [3, 4, 'lost'],
      [7, 8, 'lost'],
      [10, 11, 'lost'],
    ]);
  });

  test(`a relay with a new database records the acknowledged ones as lost, and continues after them (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    const { ledger } = await commitBatch(
      db,
      [anArrival(1001, { first: 1001 }), anArrival(1002, { first: 1001 })],
      NOW,
    );
    t.is(ledger[0]?.watermark, 1002);
    t.deepEqual(await gapsOf(db), [[1, 1000, 'lost']]);
  });

  test(`a record that would leave too many gaps is deferred, and the outbox still drains (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    const every = (step: number, count: number) =>
      Array.from({ length: count }, (_, i) => anArrival((i + 1) * step));
    await commitBatch(db, every(2, MAX_RANGES_AHEAD), NOW);
    const { ledger, added } = await commitBatch(
      db,
      [anArrival(1), anArrival(9_000), anArrival(9_002)],
      NOW,
    );
    t.is(ledger[0]?.watermark, 2);
    t.is(added, 1);
    t.is(ledger[0]?.ahead.length, MAX_RANGES_AHEAD - 1);
    t.is((await commitBatch(db, [anArrival(9_000)], NOW)).added, 1);
    t.is((await commitBatch(db, [anArrival(9_002)], NOW)).added, 0);
    await commitBatch(db, every(1, 2 * MAX_RANGES_AHEAD), NOW);
    t.is((await ledgerOf(db, 'north'))[0]?.watermark, 2 * MAX_RANGES_AHEAD);
  });

  test(`a batch with more labels than a statement takes parameters is stored and counted once (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    const detections = Array.from({ length: 14_000 }, (_, i) => aDetection(`label ${i}`));
    await commitBatch(db, [anArrival(1, { summary: { detections } })], NOW);
    await commitBatch(
      db,
      [1, 2].map((seq) => anArrival(seq, { summary: { detections } })),
      NOW,
    );
    const counts = await db
      .selectFrom('daily_label')
      .select(({ fn }) => [
        fn.countAll<number>().as('labels'),
        fn.min('summaries').as('fewest'),
        fn.max('summaries').as('most'),
      ])
      .executeTakeFirstOrThrow();
    t.deepEqual(counts, { labels: 14_000, fewest: 2, most: 2 });
  });

  test(`a batch that cannot be stored leaves nothing behind (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    await commitBatch(db, [anArrival(1)], NOW);
    const unstorable = anArrival(3, { summary: { takenAt: 'never', detections: [aDetection()] } });
    const outcome = await commitBatch(db, [anArrival(2), unstorable], NOW).then(
      () => 'stored',
      () => 'refused',
    );
    t.is(outcome, 'refused');
    const { ledger } = await commitBatch(db, [anArrival(1)], NOW);
    t.is(ledger[0]?.watermark, 1);
    t.is((await siteTotals(db, ['north']))[0]?.summaries, 1);
  });

  test(`a site that is removed while its records are in flight leaves none of them behind (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north', 'south');
    const { unknown, added } = await commitBatch(
      db,
      [anArrival(1, { site: 'gone' }), anArrival(1)],
      NOW,
    );
    t.deepEqual(unknown, ['gone']);
    t.is(added, 1);
    t.deepEqual(await storedSeqs(db, 'gone'), []);
  });
}

test('one report can cover a loss in more pieces than a call takes arguments', async (t) => {
  const db = await withSites(await relayDatabase(t), 'north');
  const pieces = 130_000;
  await commitBatch(db, [anArrival(2 * pieces, { first: 2 * pieces })], NOW);
  await db.deleteFrom('absence').execute();
  await sql`insert into absence (site, epoch, from_seq, to_seq, noticed_at, reason)
    with recursive piece(n) as (select 1 union all select n + 1 from piece where n < ${sql.lit(pieces)})
    select 'north', ${EPOCH}, 2 * n - 1, 2 * n - 1, 0, 'unreported' from piece`.execute(db);
  await commitBatch(db, [aDrop(1, 2 * pieces - 1)], NOW);
  const reasons = await db
    .selectFrom('absence')
    .select(({ fn }) => ['reason', fn.countAll<number>().as('pieces')])
    .groupBy('reason')
    .execute();
  t.deepEqual(reasons, [{ reason: 'bytes', pieces }]);
});
