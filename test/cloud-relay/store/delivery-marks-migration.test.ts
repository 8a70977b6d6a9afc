import test from 'ava';
import { type Kysely, sql } from 'kysely';
import { siteGaps } from '../../../cloud-relay/fleet/gaps.js';
import { commitBatch } from '../../../cloud-relay/ingest/commit-batch.js';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import { site } from '../../../cloud-relay/store/site-table.js';
import { anArrival, EPOCH } from '../../support/delivery-fixtures.js';
import { withPostgres } from '../../support/relay-databases.js';
import { upgradedRelay } from '../../support/upgraded-relay.js';

const newPostgres = withPostgres(test);

for (const name of ['SQLite', 'PostgreSQL'] as const)
  test(`an upgrade keeps sites, ledgers and gaps, and the ingest goes on (${name})`, async (t) => {
    const db = await upgradedRelay(t, name, { from: '0008', fill, newPostgres });
    t.like(await site(db, 'north'), { id: 'north', removing_at: null });
    const { gaps } = await siteGaps(db, 'north');
    t.like(gaps[0], { kind: 'dropped', from: 1, to: 2, reason: 'age', detail: null });
    const { added, ledger, lost, conflicts } = await commitBatch(
      db,
      [4, 5].map((seq) => anArrival(seq)),
      0,
    );
    t.deepEqual({ added, lost, conflicts }, { added: 2, lost: [], conflicts: [] });
    t.is(ledger[0]?.watermark, 5);
  });

/** What the version before had stored: numbers up to 3, of which 1 and 2 were dropped. */
async function fill(db: Kysely<RelayTables>): Promise<void> {
  await sql`insert into site (id, created_at) values ('north', 1)`.execute(db);
  await sql`
    insert into ledger (site, epoch, acked_seq, ahead, summaries, detections, updated_at)
    values ('north', ${EPOCH}, 3, '[]', 1, 1, 77)`.execute(db);
  await sql`
    insert into absence (site, epoch, from_seq, to_seq, noticed_at, reason)
    values ('north', ${EPOCH}, 1, 2, 77, 'age')`.execute(db);
}
