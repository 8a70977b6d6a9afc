import type { Kysely } from 'kysely';
import type { Gap, GapReason } from '../ingest/settle.js';
import type { OutboxId } from './ledger-table.js';
import type { RelayTables } from './relay-tables.js';

/** Summaries that will not come: `from_seq` to `to_seq`, both inclusive. Ranges of one outbox never overlap. */
export interface AbsenceTable {
  site: string;
  epoch: string;
  from_seq: number;
  to_seq: number;
  noticed_at: number;
  reason: GapReason;
}

/** Six columns each; SQLite takes 32,766 parameters in a statement. */
const ROWS_PER_INSERT = 1_000;

/** Those that overlap the extent, in order. */
export async function absencesWithin(
  trx: Kysely<RelayTables>,
  { site, epoch }: OutboxId,
  [from, to]: readonly [number, number],
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

/** Puts `after` in the place of `before`, which is in order. */
export async function replaceAbsences(
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
        after.slice(i, i + ROWS_PER_INSERT).map(({ from, to, reason, noticedAt }) => ({
          site,
          epoch,
          from_seq: from,
          to_seq: to,
          noticed_at: noticedAt,
          reason,
        })),
      )
      .execute();
}

/** The newest first, at most `limit`. */
export async function absencesOf(
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

const present = ({ from_seq, to_seq, reason, noticed_at }: AbsenceTable): Gap => ({
  from: from_seq,
  to: to_seq,
  reason,
  noticedAt: noticed_at,
});
