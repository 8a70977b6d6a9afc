import { type Kysely, sql } from 'kysely';
import type { RelayTables, SiteTotalRow } from './relay-tables.js';

export interface SiteTotals {
  site: string;
  summaries: number;
  detections: number;
  /** Null if nothing of it was ever stored. */
  lastReceivedAt: number | null;
  /** What the site sent beyond its budget last, and when. */
  limited: string | null;
  limitedAt: number | null;
}

/** `last_received_at` of a site that only sent what is beyond its budget. */
const NEVER = 0;

type Addition = Pick<SiteTotalRow, 'site' | 'summaries' | 'detections' | 'last_received_at'>;

/** Adds to the totals in a fixed order, so that concurrent transactions lock them alike. */
export async function addToTotals(trx: Kysely<RelayTables>, rows: Addition[]): Promise<void> {
  if (rows.length === 0) return;
  await trx
    .insertInto('site_total')
    .values(rows.toSorted(bySite).map((row) => ({ ...row, limited: null, limited_at: null })))
    .onConflict((c) =>
      c.column('site').doUpdateSet((eb) => ({
        summaries: eb('site_total.summaries', '+', eb.ref('excluded.summaries')),
        detections: eb('site_total.detections', '+', eb.ref('excluded.detections')),
        last_received_at: eb.ref('excluded.last_received_at'),
      })),
    )
    .execute();
}

const bySite = (a: Addition, b: Addition): number => (a.site < b.site ? -1 : 1);

/** The totals of these sites, or of all. */
export async function siteTotals(
  db: Kysely<RelayTables>,
  ids?: readonly string[],
): Promise<SiteTotals[]> {
  if (ids?.length === 0) return [];
  const rows = await db
    .selectFrom('site_total')
    .selectAll()
    .$if(ids !== undefined, (q) => q.where('site', 'in', ids ?? []))
    .execute();
  return rows.map(({ last_received_at, limited_at, ...row }) => ({
    ...row,
    lastReceivedAt: last_received_at === NEVER ? null : last_received_at,
    limitedAt: limited_at,
  }));
}

/** Of all sites together. */
export async function sumOfTotals(
  db: Kysely<RelayTables>,
): Promise<{ summaries: number; detections: number }> {
  const row = await db
    .selectFrom('site_total')
    .innerJoin('site', 'site.id', 'site_total.site')
    .where('site.removing_at', 'is', null)
    .select(({ fn }) => [
      fn.sum<number | null>('summaries').as('summaries'),
      fn.sum<number | null>('detections').as('detections'),
    ])
    .executeTakeFirstOrThrow();
  return { summaries: Number(row.summaries ?? 0), detections: Number(row.detections ?? 0) };
}

/**
 * Makes the totals those of the ledger. An earlier version of the relay on the same database, which another one has
 * upgraded already, adds to the ledger alone. Batches under way are waited for.
 */
export const recountTotals = <T>(db: Kysely<T>): Promise<void> =>
  db.transaction().execute(async (trx) => {
    await sql`lock table site_total in share row exclusive mode`.execute(trx);
    await sql`
      insert into site_total (site, summaries, detections, last_received_at)
      select site, sum(summaries), sum(detections), max(updated_at) from ledger group by site
      on conflict (site) do update
      set summaries = excluded.summaries, detections = excluded.detections,
        last_received_at = greatest(site_total.last_received_at, excluded.last_received_at)
      where (site_total.summaries, site_total.detections)
        is distinct from (excluded.summaries, excluded.detections)`.execute(trx);
  });

/** Notes what a site sent beyond its budget. */
export async function noteLimited(
  db: Kysely<RelayTables>,
  site: string,
  limited: string,
  now: number,
): Promise<void> {
  const nothing = { summaries: 0, detections: 0, last_received_at: NEVER };
  await db
    .insertInto('site_total')
    .values({ site, ...nothing, limited, limited_at: now })
    .onConflict((c) => c.column('site').doUpdateSet({ limited, limited_at: now }))
    .execute();
}
