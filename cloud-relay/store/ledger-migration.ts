import { type Kysely, type Migration, sql } from 'kysely';
import { rangesOf } from '../../core/runtime/ranges.js';
import { isPostgres } from '../../core/store/dialect.js';

/**
 * The ledger alone records what is committed (docs/decisions/0003-interval-ledger.md), so that summaries need no
 * unique key and may lie in partitions by the time of their arrival.
 */
export const ledgerMigration: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('ledger')
      .addColumn('ahead', 'text', (c) => c.notNull().defaultTo('[]'))
      .execute();
    await db.schema
      .alterTable('lost_range')
      .addColumn('reason', 'text', (c) => c.notNull().defaultTo('unreported'))
      .execute();
    await db.schema.alterTable('lost_range').renameTo('absence').execute();
    await db.schema.alterTable('site').addColumn('health', 'text').execute();
    await db.schema.alterTable('site').addColumn('health_at', 'bigint').execute();
    await createDailyLabels(db);
    if (isPostgres(db)) await renewOnPostgres(db);
    else await renewOnSqlite(db);
    for (const table of ['summary', 'sighted_label']) await createIndexes(db, table);
  },
};

async function createDailyLabels(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('daily_label')
    .addColumn('site', 'text', (c) => c.notNull())
    .addColumn('day', 'bigint', (c) => c.notNull())
    .addColumn('label', 'text', (c) => c.notNull())
    .addColumn('summaries', 'bigint', (c) => c.notNull())
    .addColumn('detections', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('daily_label_pk', ['site', 'day', 'label'])
    .execute();
  await sql`
    insert into daily_label (site, day, label, summaries, detections)
    select site, taken_at - taken_at % 86400000, label, count(*), sum(detections)
    from sighted_label group by 1, 2, 3`.execute(db);
}

const SUMMARY = sql`site text not null, epoch text not null, seq bigint not null, camera text not null,
  snapshot text not null, taken_at bigint not null, received_at bigint not null, payload text not null`;
const SIGHTED_LABEL = sql`site text not null, label text not null, taken_at bigint not null,
  snapshot text not null, received_at bigint not null`;

/** No PostgreSQL database is older than this migration: there are no rows to keep. */
async function renewOnPostgres(db: Kysely<unknown>): Promise<void> {
  for (const [table, columns] of [
    ['summary', SUMMARY],
    ['sighted_label', SIGHTED_LABEL],
  ] as const) {
    await db.schema.dropTable(table).execute();
    const name = sql.table(table);
    await sql`create table ${name} (${columns}) partition by range (received_at)`.execute(db);
    // For what no month's partition takes; see partitions.ts.
    await sql`create table ${sql.table(`${table}_default`)} partition of ${name} default`.execute(
      db,
    );
  }
}

async function renewOnSqlite(db: Kysely<unknown>): Promise<void> {
  await keepAhead(db);
  await sql`create table new_sighted_label (${SIGHTED_LABEL})`.execute(db);
  await sql`
    insert into new_sighted_label select l.site, l.label, l.taken_at, s.snapshot, s.received_at
    from sighted_label l join summary s using (site, epoch, seq)`.execute(db);
  await sql`create table new_summary (${SUMMARY})`.execute(db);
  await sql`
    insert into new_summary
    select site, epoch, seq, camera, snapshot, taken_at, received_at, payload from summary
    order by received_at`.execute(db);
  for (const table of ['summary', 'sighted_label']) {
    await db.schema.dropTable(table).execute();
    await db.schema.alterTable(`new_${table}`).renameTo(table).execute();
  }
}

async function keepAhead(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ site: string; epoch: string; seqs: string }>`
    select l.site, l.epoch, json_group_array(s.seq) as seqs
    from ledger l join summary s on s.site = l.site and s.epoch = l.epoch and s.seq > l.acked_seq
    group by 1, 2`.execute(db);
  for (const { site, epoch, seqs } of rows) {
    const ahead = rangesOf((JSON.parse(seqs) as number[]).map((seq) => [seq, seq] as const));
    await sql`update ledger set ahead = ${JSON.stringify(ahead)}
      where site = ${site} and epoch = ${epoch}`.execute(db);
  }
}

async function createIndexes(db: Kysely<unknown>, table: string): Promise<void> {
  const keys = table === 'summary' ? ['site'] : ['site', 'label'];
  await db.schema
    .createIndex(`${table}_by_site`)
    .on(table)
    .columns([...keys, 'taken_at', 'snapshot'])
    .execute();
  // On PostgreSQL partitions answer for this; in the order of arrival, it costs next to nothing.
  if (!isPostgres(db))
    await db.schema.createIndex(`${table}_by_arrival`).on(table).column('received_at').execute();
}
