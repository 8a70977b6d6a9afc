import test from 'ava';
import { sql } from 'kysely';
import { commitBatch } from '../../../cloud-relay/ingest/commit-batch.js';
import { SummaryRetention } from '../../../cloud-relay/ingest/summary-retention.js';
import { dailyTotals } from '../../../cloud-relay/store/daily-label-table.js';
import { ledgerOf } from '../../../cloud-relay/store/ledger-table.js';
import { preparePartitions } from '../../../cloud-relay/store/partitions.js';
import { newestSummaries } from '../../../cloud-relay/store/summary-table.js';
import { anArrival, log } from '../../support/delivery-fixtures.js';
import { relayDatabases, withSites } from '../../support/relay-databases.js';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-01-10T00:00:00Z');

const databases = relayDatabases(test);

for (const { name, open } of databases) {
  test(`summaries are removed when they are old enough; totals and the ledger stay (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    let now = START;
    const retention = new SummaryRetention(db, 40 * DAY_MS, log, () => now);
    await retention.start();
    t.teardown(() => retention.stop());
    const left = async () => {
      await retention.sweep();
      const counts = await Promise.all(
        (['summary', 'sighted_label'] as const).map((table) =>
          db.selectFrom(table).select('received_at').execute(),
        ),
      );
      return counts.map((rows) => rows.length);
    };
    // One a week, each on the day of its arrival.
    for (let week = 0; week < 12; week++) {
      await retention.sweep();
      const takenAt = new Date(now).toISOString();
      const arrival = { ...anArrival(week + 1, { summary: { takenAt } }), receivedAt: now };
      await commitBatch(db, [arrival], now);
      now += 7 * DAY_MS;
    }
    const [summaries = 0, labels = 0] = await left();
    t.is(summaries, labels);
    t.true(summaries >= 5 && summaries <= 10, `${summaries} are left`);
    const oldest = await db
      .selectFrom('summary')
      .select(({ fn }) => fn.min('received_at').as('at'))
      .executeTakeFirstOrThrow();
    // On PostgreSQL a whole month at a time.
    t.true(oldest.at >= now - (name === 'SQLite' ? 40 : 71) * DAY_MS);
    now += 80 * DAY_MS;
    t.deepEqual(await left(), [0, 0]);
    t.is((await dailyTotals(db, 'north', { from: 0, to: now }, 100)).length, 12);
    const [entry] = await ledgerOf(db, 'north');
    t.is(entry?.watermark, 12);
    const again = await commitBatch(db, [anArrival(3)], now);
    t.is(again.added, 0, 'what was removed for its age is not taken in again');
  });
}

test('records from beyond the prepared months are kept, and removed when they are due', async (t) => {
  const [, postgres] = databases;
  if (!postgres) return t.fail('there should be two');
  const db = await withSites(await postgres.open(t), 'north');
  let now = START;
  const retention = new SummaryRetention(db, 40 * DAY_MS, log, () => now);
  await retention.start();
  t.teardown(() => retention.stop());
  const late = START + 400 * DAY_MS;
  await commitBatch(db, [{ ...anArrival(1), receivedAt: late }], late);
  const inDefault = async () =>
    (await sql<{ n: number }>`select count(*) as n from summary_default`.execute(db)).rows[0]?.n;
  t.is(await inDefault(), 1);
  now = late + 41 * DAY_MS;
  await retention.sweep();
  t.is(await inDefault(), 0);
});

for (const table of ['summary', 'sighted_label'] as const)
  test(`a page by label has only complete summaries while the sweep has not passed ${table}`, async (t) => {
    const [sqlite] = databases;
    if (!sqlite) return t.fail('there should be two');
    const db = await withSites(await sqlite.open(t), 'north');
    await commitBatch(db, [anArrival(1)], START);
    await sql`create trigger stuck before delete on ${sql.table(table)}
      begin select raise(abort, 'stuck'); end`.execute(db);
    const retention = new SummaryRetention(db, DAY_MS, log, () => START);
    await t.throwsAsync(retention.sweep(), { any: true });
    const page = await newestSummaries(db, 'north', { label: 'stop sign' }, 10);
    t.true(page.every(({ payload }) => payload !== null));
    t.is(page.length, table === 'summary' ? 0 : 1);
  });

for (const { name, open } of databases)
  for (const [step, ms] of [
    ['17 years ahead', 17 * 365 * DAY_MS],
    ['two years back', -2 * 365 * DAY_MS],
  ] as const)
    test(`a clock that was set ${step} a minute ago removes nothing that is not old (${name})`, async (t) => {
      const db = await withSites(await open(t), 'north');
      const wall = START + ms;
      const MINUTE_MS = 60_000;
      const eras = () => [
        { from: wall, to: wall + MINUTE_MS, now: wall + MINUTE_MS },
        { from: Number.NEGATIVE_INFINITY, to: START, now: START + MINUTE_MS },
      ];
      const old = START - 80 * DAY_MS;
      const times = [old, START - MINUTE_MS, wall + MINUTE_MS / 2];
      const retention = new SummaryRetention(db, 40 * DAY_MS, log, () => wall + MINUTE_MS, eras);
      for (const [i, receivedAt] of times.entries()) {
        await preparePartitions(db, receivedAt).catch(() => undefined);
        await commitBatch(db, [{ ...anArrival(i + 1), receivedAt }], receivedAt);
      }
      await retention.sweep();
      const left = await db
        .selectFrom('summary')
        .select('received_at')
        .orderBy('received_at')
        .execute();
      t.deepEqual(
        left.map(({ received_at }) => received_at),
        times.filter((at) => at !== old || (ms < 0 && name === 'PostgreSQL')).sort((a, b) => a - b),
      );
    });
