import type { Kysely, Migration } from 'kysely';
import type { SharedImageTables } from './tables.js';

/** Only where several processes share one database and its files. */
export const createBlobLeaseTable: Migration = {
  async up(db) {
    await db.schema
      .createTable('blob_lease')
      .addColumn('sha256', 'text', (c) => c.primaryKey())
      .addColumn('until', 'bigint', (c) => c.notNull())
      .execute();
  },
};

export const blobLeaseTable = {
  /** Takes or prolongs leases, in a fixed order, so that concurrent transactions lock them alike. */
  hold: async (db: Kysely<SharedImageTables>, shas: string[], until: number): Promise<void> => {
    await db
      .insertInto('blob_lease')
      .values([...new Set(shas)].sort().map((sha256) => ({ sha256, until })))
      .onConflict((c) => c.column('sha256').doUpdateSet({ until }))
      .execute();
  },

  /** Locks the row for the transaction. Resolves with the end of the lease, 0 if there is none. */
  lock: async (trx: Kysely<SharedImageTables>, sha256: string): Promise<number> => {
    const { until } = await trx
      .insertInto('blob_lease')
      .values({ sha256, until: 0 })
      .onConflict((c) =>
        c.column('sha256').doUpdateSet((eb) => ({ until: eb.ref('blob_lease.until') })),
      )
      .returning('until')
      .executeTakeFirstOrThrow();
    return until;
  },

  /** Leases that are over, of bytes that have no row. */
  withoutBlob: async (
    db: Kysely<SharedImageTables>,
    now: number,
    limit: number,
  ): Promise<string[]> => {
    const rows = await db
      .selectFrom('blob_lease')
      .select('sha256')
      .where('until', '<=', now)
      .where((q) =>
        q.not(
          q.exists(
            q
              .selectFrom('blob')
              .select('blob.sha256')
              .whereRef('blob.sha256', '=', 'blob_lease.sha256'),
          ),
        ),
      )
      .limit(limit)
      .execute();
    return rows.map(({ sha256 }) => sha256);
  },

  remove: (trx: Kysely<SharedImageTables>, sha256: string) =>
    trx.deleteFrom('blob_lease').where('sha256', '=', sha256).execute(),
};
