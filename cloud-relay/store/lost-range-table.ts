import { type Kysely, sql } from 'kysely';
import type { Mark, Outlet } from './ledger-table.js';
import type { RelayTables } from './relay-tables.js';

/** Summaries that an appliance no longer holds and the relay never got: `from_seq` to `to_seq`, both inclusive. */
export interface LostRangeTable {
  site: string;
  epoch: string;
  from_seq: number;
  to_seq: number;
  noticed_at: number;
}

/** Records what is missing above `mark`, up to and including `upTo`. */
export async function recordLost(
  trx: Kysely<RelayTables>,
  { site, epoch, seq: mark }: Mark,
  upTo: number,
  now: number,
): Promise<void> {
  // Each row that does not follow its predecessor ends a gap; the row after `upTo` ends the last one.
  await sql`
    insert into lost_range (site, epoch, from_seq, to_seq, noticed_at)
    select ${site}, ${epoch}, previous + 1, seq - 1, cast(${now} as bigint)
    from (
      select seq, lag(seq, 1, cast(${mark} as bigint)) over (order by seq) as previous
      from (
        select seq from summary
        where site = ${site} and epoch = ${epoch} and seq > ${mark} and seq <= ${upTo}
        union all select cast(${upTo + 1} as bigint)
      ) as held
    ) as steps
    where seq > previous + 1`.execute(trx);
}

export async function lostRanges(
  db: Kysely<RelayTables>,
  site: string,
): Promise<(Outlet & { from: number; to: number; noticedAt: number })[]> {
  const rows = await db
    .selectFrom('lost_range')
    .selectAll()
    .where('site', '=', site)
    .orderBy('noticed_at')
    .orderBy('from_seq')
    .execute();
  return rows.map(({ epoch, from_seq: from, to_seq: to, noticed_at: noticedAt }) => ({
    site,
    epoch,
    from,
    to,
    noticedAt,
  }));
}
