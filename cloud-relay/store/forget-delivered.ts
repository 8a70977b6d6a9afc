import type { Kysely } from 'kysely';
import type { RelayTables } from './relay-tables.js';

/** Rows removed at once, so that no statement holds up the ingest for long. */
const STRIDE = 5_000;

/** Removes all that a site delivered. */
export async function forgetDelivered(db: Kysely<RelayTables>, site: string): Promise<void> {
  for (;;) {
    const next = await db
      .selectFrom('summary')
      .select(['epoch', 'seq'])
      .where('site', '=', site)
      .orderBy('epoch')
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    if (!next) break;
    for (const table of ['sighted_label', 'summary'] as const)
      await db
        .deleteFrom(table)
        .where('site', '=', site)
        .where('epoch', '=', next.epoch)
        .where('seq', '<', next.seq + STRIDE)
        .execute();
  }
  await db.deleteFrom('lost_range').where('site', '=', site).execute();
  await db.deleteFrom('ledger').where('site', '=', site).execute();
}
