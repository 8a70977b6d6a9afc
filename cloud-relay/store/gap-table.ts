import { type Kysely, sql } from 'kysely';
import type { Range } from '../../core/runtime/ranges.js';
import type { OutboxId } from './ledger-table.js';
import type { GapReason, GapRow, RelayTables } from './relay-tables.js';

/** Summaries that are not expected any more: dropped, as the appliance reported, or lost without a report. */
export interface Gap {
  from: number;
  to: number;
  reason: GapReason;
  /** Why it was refused, in words. */
  detail?: string | undefined;
  /** Milliseconds since the Unix epoch. */
  noticedAt: number;
}

/** Seven columns each; SQLite takes 32,766 parameters in a statement. */
const ROWS_PER_INSERT = 1_000;

/** The gaps that overlap the range, in order. */
export async function gapsWithin(
  trx: Kysely<RelayTables>,
  { site, epoch }: OutboxId,
  [from, to]: Range,
): Promise<Gap[]> {
  const rows = await trx
    .selectFrom('absence')
    .selectAll()
    .where('site', '=', site)
    .where('epoch', '=', epoch)
    .where('to_seq', '>=', from)
    .where('from_seq', '<=', to)
    .orderBy('from_seq')
    .execute();
  return rows.map(present);
}

/** Replaces `before`, which is in order, with `after`. */
export async function replaceGaps(
  trx: Kysely<RelayTables>,
  { site, epoch }: OutboxId,
  before: Gap[],
  after: Gap[],
): Promise<void> {
  const [first] = before;
  const last = before.at(-1);
  if (first && last)
    await trx
      .deleteFrom('absence')
      .where('site', '=', site)
      .where('epoch', '=', epoch)
      .where('from_seq', '>=', first.from)
      .where('from_seq', '<=', last.from)
      .execute();
  for (let i = 0; i < after.length; i += ROWS_PER_INSERT)
    await trx
      .insertInto('absence')
      .values(
        after.slice(i, i + ROWS_PER_INSERT).map(({ from, to, reason, detail, noticedAt }) => ({
          site,
          epoch,
          from_seq: from,
          to_seq: to,
          noticed_at: noticedAt,
          reason,
          detail: detail ?? null,
        })),
      )
      .execute();
}

/** A site's gaps, newest first, at most `limit`. */
export async function newestGaps(
  db: Kysely<RelayTables>,
  site: string,
  limit: number,
): Promise<(Gap & { epoch: string })[]> {
  const rows = await db
    .selectFrom('absence')
    .selectAll()
    .where('site', '=', site)
    .orderBy('noticed_at', 'desc')
    .orderBy('from_seq', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ epoch: row.epoch, ...present(row) }));
}

/** Of each site, the summaries in gaps that were noticed after a time, and when the last one was. */
export async function gapsNoticedSince(
  db: Kysely<RelayTables>,
  since: number,
): Promise<{ site: string; missing: number; noticedAt: number }[]> {
  const rows = await db
    .selectFrom('absence')
    .where('noticed_at', '>', since)
    .where('reason', '!=', 'removed')
    .groupBy('site')
    .select((q) => [
      'site',
      q.fn.sum<number>(sql<number>`to_seq - from_seq + 1`).as('missing'),
      q.fn.max<number>('noticed_at').as('at'),
    ])
    .execute();
  return rows.map(({ site, missing, at }) => ({
    site,
    missing: Number(missing),
    noticedAt: Number(at),
  }));
}

const present = ({ from_seq, to_seq, reason, detail, noticed_at }: GapRow): Gap => ({
  from: from_seq,
  to: to_seq,
  reason,
  ...(detail !== null && { detail }),
  noticedAt: noticed_at,
});
