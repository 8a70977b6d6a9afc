import type { Kysely } from 'kysely';
import type { RelayTables, SiteDayRow } from './relay-tables.js';

/** What a site has used on a day of the relay's clock, and on the days before that are kept. */
export interface SiteUsage {
  records: number;
  bytes: number;
  earlierBytes: number;
}

/** Adds to what sites have used, in a fixed order, so that concurrent transactions lock the rows alike. */
export async function addUsage(trx: Kysely<RelayTables>, rows: SiteDayRow[]): Promise<void> {
  if (rows.length === 0) return;
  await trx
    .insertInto('site_day')
    .values(rows.toSorted((a, b) => (a.site < b.site ? -1 : 1)))
    .onConflict((c) =>
      c.columns(['site', 'day']).doUpdateSet((eb) => ({
        records: eb('site_day.records', '+', eb.ref('excluded.records')),
        bytes: eb('site_day.bytes', '+', eb.ref('excluded.bytes')),
      })),
    )
    .execute();
}

export async function usageOf(
  db: Kysely<RelayTables>,
  site: string,
  day: number,
): Promise<SiteUsage> {
  const rows = await db.selectFrom('site_day').selectAll().where('site', '=', site).execute();
  const today = rows.find((row) => row.day === day);
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  return {
    records: today?.records ?? 0,
    bytes: today?.bytes ?? 0,
    earlierBytes: bytes - (today?.bytes ?? 0),
  };
}

/** The summaries of those days are removed. */
export async function removeDaysBefore(db: Kysely<RelayTables>, before: number): Promise<void> {
  await db.deleteFrom('site_day').where('day', '<', before).execute();
}
