import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import { siteGaps } from '../../../cloud-relay/fleet/gaps.js';
import { commitBatch } from '../../../cloud-relay/ingest/commit-batch.js';
import { dailyTotals } from '../../../cloud-relay/store/daily-label-table.js';
import { deliveryMigration } from '../../../cloud-relay/store/delivery-migration.js';
import { newestSummaries } from '../../../cloud-relay/store/summary-table.js';
import { openDatabase } from '../../../core/store/database.js';
import { anArrival, aSummary, EPOCH, openRelayDatabase } from '../../support/delivery-fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('records stored by an earlier version are neither forgotten nor stored again', async (t) => {
  const file = join(await temporaryFolder(t), 'relay.db');
  const old = await openDatabase(file, { '0003_delivery': deliveryMigration });
  await sql`insert into site (id, created_at) values ('north', 1)`.execute(old.db);
  for (const seq of [1, 4, 5, 8, 9]) {
    const summary = aSummary();
    const { camera, snapshot } = summary;
    const takenAt = Date.parse(summary.takenAt);
    await sql`insert into summary values ('north', ${EPOCH}, ${seq}, ${camera}, ${snapshot}, ${takenAt}, 77, 1,
      ${JSON.stringify(summary)})`.execute(old.db);
    await sql`insert into sighted_label values ('north', ${EPOCH}, ${seq}, 'stop sign', ${takenAt}, 1)`.execute(
      old.db,
    );
  }
  await sql`insert into ledger values ('north', ${EPOCH}, 5, 5, 5, 77)`.execute(old.db);
  await sql`insert into lost_range values ('north', ${EPOCH}, 2, 3, 77)`.execute(old.db);
  await old.close();

  const { db, close } = await openRelayDatabase(file);
  t.teardown(close);
  const { gaps } = await siteGaps(db, 'north');
  t.deepEqual(
    gaps.map(({ kind, from, to }) => [kind, from, to]),
    [
      ['missing', 6, 7],
      ['lost', 2, 3],
    ],
  );
  t.is((await newestSummaries(db, 'north', { label: 'stop sign' }, 10)).length, 5);
  const [day] = await dailyTotals(db, 'north', { from: 0, to: Date.now() }, 100);
  t.like(day, { label: 'stop sign', summaries: 5, detections: 5 });
  const again = [1, 4, 5, 6, 8, 9].map((seq) => anArrival(seq));
  const { added, ledger } = await commitBatch(db, again, 1_000);
  t.is(added, 1);
  t.like(ledger[0], { watermark: 6, ahead: [[8, 9]] });
});
