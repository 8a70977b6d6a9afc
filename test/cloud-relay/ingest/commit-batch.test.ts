import test from 'ava';
import fc from 'fast-check';
import { commitBatch } from '../../../cloud-relay/ingest/commit-batch.js';
import { siteTotals } from '../../../cloud-relay/store/ledger-table.js';
import { lostRanges } from '../../../cloud-relay/store/lost-range-table.js';
import { aDetection, relayDatabase } from '../../support/delivery-fixtures.js';
import { anArrival } from '../../support/relay-fixtures.js';

const NOW = 9_000;

test('the mark is the end of what came without a hole, in whatever order, batches and repeats', async (t) => {
  const db = await relayDatabase(t);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 }), {
        minLength: 1,
        maxLength: 8,
      }),
      async (batches) => {
        const site = `site-${++run}`;
        const seen = new Set<number>();
        for (const seqs of batches) {
          const before = seen.size;
          const { marks, added } = await commitBatch(
            db,
            seqs.map((seq) => anArrival(seq, { site })),
            NOW,
          );
          for (const seq of seqs) seen.add(seq);
          let expected = 0;
          while (seen.has(expected + 1)) expected++;
          t.is(marks[0]?.seq, expected);
          t.is(added, seen.size - before);
        }
        const [totals] = await siteTotals(db, site);
        t.is(totals?.summaries, seen.size);
        t.is(totals?.detections, seen.size);
      },
    ),
    { numRuns: 40 },
  );
});

test('several outboxes in one batch have a mark each', async (t) => {
  const db = await relayDatabase(t);
  const other = '0f0e3c0e-5b9b-4f0e-9a53-0d3bd0a3c002';
  const { marks } = await commitBatch(
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
  t.deepEqual(marks.map(({ site, epoch, seq }) => [site, epoch === other, seq]).sort(), [
    ['north', false, 2],
    ['north', true, 0],
    ['south', false, 1],
  ]);
});

test('records that came already are acknowledged again, and counted once', async (t) => {
  const db = await relayDatabase(t);
  const batch = [1, 2, 3].map((seq) => anArrival(seq));
  await commitBatch(db, batch, NOW);
  const again = await commitBatch(db, batch, NOW);
  t.is(again.added, 0);
  t.is(again.marks[0]?.seq, 3);
  t.like((await siteTotals(db, 'north'))[0], { summaries: 3, detections: 3 });
});

test('what the appliance no longer holds is not waited for, and what is missing of it is recorded', async (t) => {
  const db = await relayDatabase(t);
  await commitBatch(
    db,
    [1, 2, 5, 6, 9].map((seq) => anArrival(seq)),
    NOW,
  );
  const { marks, lost } = await commitBatch(db, [anArrival(12, { first: 12 })], NOW);
  t.is(marks[0]?.seq, 12);
  t.is(lost.length, 1);
  t.deepEqual(
    (await lostRanges(db, 'north')).map(({ from, to }) => [from, to]),
    [
      [3, 4],
      [7, 8],
      [10, 11],
    ],
  );
});

test('a relay that begins anew records the settled ones as missing, and goes on behind them', async (t) => {
  const db = await relayDatabase(t);
  const { marks } = await commitBatch(
    db,
    [anArrival(1001, { first: 1001 }), anArrival(1002, { first: 1001 })],
    NOW,
  );
  t.is(marks[0]?.seq, 1002);
  t.deepEqual(
    (await lostRanges(db, 'north')).map(({ from, to, noticedAt }) => [from, to, noticedAt]),
    [[1, 1000, NOW]],
  );
});

test('a batch that cannot be stored leaves nothing behind', async (t) => {
  const db = await relayDatabase(t);
  await commitBatch(db, [anArrival(1)], NOW);
  const unstorable = anArrival(3, { summary: { takenAt: 'never', detections: [aDetection()] } });
  const outcome = await commitBatch(db, [anArrival(2), unstorable], NOW).then(
    () => 'stored',
    () => 'refused',
  );
  t.is(outcome, 'refused');
  const { marks } = await commitBatch(db, [anArrival(1)], NOW);
  t.is(marks[0]?.seq, 1);
  t.is((await siteTotals(db, 'north'))[0]?.summaries, 1);
});
