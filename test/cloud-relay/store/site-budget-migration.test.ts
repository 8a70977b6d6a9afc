import test from 'ava';
import { type Kysely, sql } from 'kysely';
import { commitBatch } from '../../../cloud-relay/ingest/commit-batch.js';
import { SiteBudgets } from '../../../cloud-relay/ingest/site-budgets.js';
import { relayMigrations } from '../../../cloud-relay/store/migrations.js';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import { recountTotals, siteTotals } from '../../../cloud-relay/store/site-total-table.js';
import { openSharedDatabase } from '../../../core/store/database.js';
import { aDetection, anArrival, EPOCH, log } from '../../support/delivery-fixtures.js';
import { withPostgres } from '../../support/relay-databases.js';
import { upgradedRelay } from '../../support/upgraded-relay.js';

const newPostgres = withPostgres(test);

for (const name of ['SQLite', 'PostgreSQL'] as const)
  test(`an upgrade keeps totals, and what a site has used before is within its budget (${name})`, async (t) => {
    const db = await upgradedRelay(t, name, { from: '0009', fill, newPostgres });
    t.like((await siteTotals(db))[0], {
      site: 'north',
      summaries: 5,
      detections: 9,
      lastReceivedAt: 88,
      limited: null,
    });
    const budgets = new SiteBudgets(db, log, { labels: 2, cameras: 1, epochs: 1 });
    const arrival = anArrival(4, {
      summary: { camera: 'yard', detections: ['face', 'stop sign'].map((l) => aDetection(l)) },
    });
    const { admitted } = await budgets.admit([arrival], 0);
    t.deepEqual(admitted, [arrival]);
    await commitBatch(db, admitted, 99);
    t.like((await siteTotals(db, ['north']))[0], {
      summaries: 6,
      detections: 11,
      lastReceivedAt: 99,
    });
  });

test('relays are upgraded one after the other: what an earlier one stored meanwhile is in the totals', async (t) => {
  const { db, close } = await openSharedDatabase<RelayTables>(
    await newPostgres(),
    relayMigrations,
    () => undefined,
  );
  t.teardown(close);
  await fill(db);
  await commitBatch(db, [anArrival(4)], 99);
  t.is((await siteTotals(db))[0]?.summaries, 1, 'the earlier relay writes the ledger alone');
  const late = Array.from({ length: 20 }, (_, i) => commitBatch(db, [anArrival(5 + i)], 100 + i));
  await Promise.all([...late, recountTotals(db), recountTotals(db)]);
  t.is((await siteTotals(db))[0]?.summaries, 26);
  await recountTotals(db);
  t.like((await siteTotals(db))[0], { summaries: 26, limited: null });
});

/** What the version before had stored, in two epochs. */
async function fill(db: Kysely<RelayTables>): Promise<void> {
  await sql`insert into site (id, created_at) values ('north', 1)`.execute(db);
  await sql`
    insert into ledger (site, epoch, acked_seq, ahead, summaries, detections, updated_at)
    values ('north', ${EPOCH}, 3, '[]', 3, 4, 77),
      ('north', '6f0e3c0e-5b9b-4f0e-9a53-0d3bd0a3c002', 2, '[]', 2, 5, 88)`.execute(db);
  await sql`
    insert into daily_label (site, day, label, summaries, detections)
    values ('north', 0, 'face', 1, 1), ('north', 86400000, 'face', 1, 1),
      ('north', 0, 'stop sign', 1, 1)`.execute(db);
  await sql`
    insert into summary (site, epoch, seq, camera, snapshot, taken_at, received_at, payload)
    values ('north', ${EPOCH}, 1, 'yard', '01900000-0000-7000-8000-000000000001', 5, 6, '{}')`.execute(
    db,
  );
}
