import { type Kysely, sql } from 'kysely';
import type { RelayTables } from './relay-tables.js';

/** Tables in partitions by the month (UTC) of arrival, on PostgreSQL. */
const PARTITIONED = ['summary', 'sighted_label'] as const;

/** Months that are prepared beyond the current one; rows of later months go to the default partition. */
const MONTHS_AHEAD = 2;
/** Any constant, as long as every relay uses the same one. */
const PARTITION_LOCK = 7_483_201;

const startOfMonth = (ms: number, months = 0): number => {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months);
};

const partitionName = (table: string, start: number): string =>
  `${table}_${new Date(start).toISOString().slice(0, 7).replace('-', '_')}`;

/** Makes the partitions for this month and the next ones. */
export function preparePartitions(db: Kysely<RelayTables>, now: number): Promise<void> {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${PARTITION_LOCK})`.execute(trx);
    for (const table of PARTITIONED)
      for (let month = 0; month <= MONTHS_AHEAD; month++) {
        const start = startOfMonth(now, month);
        await sql`
          create table if not exists ${sql.table(partitionName(table, start))}
          partition of ${sql.table(table)}
          for values from (${sql.lit(start)}) to (${sql.lit(startOfMonth(now, month + 1))})`.execute(
          trx,
        );
      }
  });
}

/** Drops the partitions all of whose rows arrived before a time, except those that overlap `kept`. Resolves with their names. */
export function dropPartitions(
  db: Kysely<RelayTables>,
  before: number,
  kept: { from: number; to: number }[] = [],
): Promise<string[]> {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${PARTITION_LOCK})`.execute(trx);
    const dropped: string[] = [];
    for (const table of PARTITIONED) {
      const { rows } = await sql<{ name: string }>`
        select relid::text as name from pg_partition_tree(${table}) where isleaf`.execute(trx);
      for (const { name } of rows) {
        const [, year, month] = /_(\d{4})_(\d{2})$/.exec(name) ?? [];
        const [start, end] = [-1, 0].map((offset) =>
          Date.UTC(Number(year), Number(month) + offset),
        );
        if (start === undefined || end === undefined || !year || end > before) continue;
        if (kept.some(({ from, to }) => from < end && to >= start)) continue;
        await sql`drop table ${sql.table(name)}`.execute(trx);
        dropped.push(name);
      }
    }
    return dropped;
  });
}
