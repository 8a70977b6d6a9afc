import { type Kysely, type Migration, sql } from 'kysely';

/**
 * What each site has used of its budget, and totals that are kept so that they need not be summed up over the ledger.
 * Totals, labels, cameras and epochs begin with what is there; the bytes of a day begin with zero.
 */
export const siteBudgetMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await createTotals(db);
    await db.schema
      .createTable('site_day')
      .addColumn('site', 'text', (c) => c.notNull())
      .addColumn('day', 'bigint', (c) => c.notNull())
      .addColumn('records', 'bigint', (c) => c.notNull())
      .addColumn('bytes', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('site_day_pk', ['site', 'day'])
      .execute();
    await createNames(db);
    await createIndexes(db);
  },
};

/** For lists of gaps and for the removal of old rows, which would read whole tables otherwise. */
async function createIndexes(db: Kysely<unknown>): Promise<void> {
  const indexes: [string, string, string[]][] = [
    ['absence_by_time', 'absence', ['site', 'noticed_at', 'from_seq']],
    ['absence_by_notice', 'absence', ['noticed_at']],
    ['removed_outbox_by_removal', 'removed_outbox', ['removed_at']],
  ];
  for (const [name, table, columns] of indexes)
    await db.schema.createIndex(name).on(table).columns(columns).execute();
}

async function createTotals(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('site_total')
    .addColumn('site', 'text', (c) => c.primaryKey())
    .addColumn('summaries', 'bigint', (c) => c.notNull())
    .addColumn('detections', 'bigint', (c) => c.notNull())
    .addColumn('last_received_at', 'bigint', (c) => c.notNull())
    .addColumn('limited', 'text')
    .addColumn('limited_at', 'bigint')
    .execute();
  await sql`
    insert into site_total (site, summaries, detections, last_received_at)
    select site, sum(summaries), sum(detections), max(updated_at) from ledger group by site`.execute(
    db,
  );
}

async function createNames(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('site_name')
    .addColumn('site', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('site_name_pk', ['site', 'kind', 'name'])
    .execute();
  for (const [kind, table, column] of [
    ['label', 'daily_label', 'label'],
    ['camera', 'summary', 'camera'],
    ['epoch', 'ledger', 'epoch'],
  ] as const)
    await sql`
      insert into site_name (site, kind, name, since)
      select distinct site, ${sql.lit(kind)}, ${sql.ref(column)}, 0 from ${sql.table(table)}`.execute(
      db,
    );
}
