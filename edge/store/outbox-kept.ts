import { type Kysely, sql } from 'kysely';
import { evictionMark } from './outbox-eviction.js';
import type { OutboxAcknowledgedTable, OutboxTables } from './outbox-tables.js';

/** Bound on the acknowledged rows that are kept, besides their age and their share of the budget. */
export const MAX_KEPT_ROWS = 100_000;
/** Part of the outbox's bytes that they may take. What is not acknowledged goes first. */
const SHARE = 0.25;

export interface KeptBudget {
  /** Of the whole outbox. */
  maxBytes: number;
  /** Running time after which an acknowledged row is removed; 0 keeps none. */
  keptMs: number;
}

const COLUMNS = [
  ...['seq', 'payload', 'bytes', 'created_at', 'dropped_from', 'reason', 'detail', 'image'],
  'former',
];
const columns = sql.join(COLUMNS.map((name) => sql.ref(name)));

/** Keeps the rows up to `upTo`, which are acknowledged now, within the caller's transaction. */
export async function keepAcknowledged(trx: Kysely<OutboxTables>, upTo: number): Promise<void> {
  const { numAffectedRows = 0n } = await sql`
    insert into outbox_acknowledged (epoch, kept_at, ${columns})
    select (select epoch from outbox_state), (select running_ms from outbox_state), ${columns}
    from outbox where seq <= ${upTo}`.execute(trx);
  if (numAffectedRows === 0n) return;
  await sql`
    update outbox_state set kept = kept + ${Number(numAffectedRows)},
      kept_bytes = kept_bytes + (select coalesce(sum(bytes), 0) from outbox where seq <= ${upTo})`.execute(
    trx,
  );
}

type KeptRow = Pick<OutboxAcknowledgedTable, 'epoch' | 'seq' | 'bytes' | 'kept_at'>;

/** Removes the oldest kept rows that exceed the budget, by size alone if not `byAge`, at most `limit`. Resolves with their number. */
export async function trimKept(
  trx: Kysely<OutboxTables>,
  { maxBytes, keptMs }: KeptBudget,
  limit: number,
  byAge = true,
): Promise<number> {
  const state = await trx
    .selectFrom('outbox_state')
    .select(['epoch', 'bytes', 'kept', 'kept_bytes', 'running_ms'])
    .executeTakeFirstOrThrow();
  if (state.kept === 0) return 0;
  const allowed = keptMs === 0 ? -1 : Math.min(maxBytes * SHARE, maxBytes - state.bytes);
  let { kept, kept_bytes: bytes } = state;
  if (!byAge && bytes <= allowed && kept <= MAX_KEPT_ROWS) return 0;
  const oldest = await oldestKept(trx, state.epoch, limit);
  const isOver = (row: KeptRow) =>
    bytes > allowed || kept > MAX_KEPT_ROWS || state.running_ms - row.kept_at > keptMs;
  const removed: KeptRow[] = [];
  for (const row of oldest) {
    if (!isOver(row)) break;
    removed.push(row);
    kept--;
    bytes -= row.bytes;
  }
  await removeKept(trx, removed);
  return removed.length;
}

/** Rows of earlier epochs first. */
async function oldestKept(
  trx: Kysely<OutboxTables>,
  epoch: string,
  limit: number,
): Promise<KeptRow[]> {
  const rows: KeptRow[] = [];
  for (const comparison of ['<', '>', '='] as const)
    if (rows.length < limit)
      rows.push(
        ...(await trx
          .selectFrom('outbox_acknowledged')
          .select(['epoch', 'seq', 'bytes', 'kept_at'])
          .where('epoch', comparison, epoch)
          .orderBy('epoch')
          .orderBy('seq')
          .limit(limit - rows.length)
          .execute()),
      );
  return rows;
}

/** Rows in the order of their epochs and numbers. */
async function removeKept(
  trx: Kysely<OutboxTables>,
  rows: Pick<KeptRow, 'epoch' | 'seq' | 'bytes'>[],
): Promise<void> {
  if (rows.length === 0) return;
  for (const epoch of new Set(rows.map((row) => row.epoch))) {
    const seqs = rows.filter((row) => row.epoch === epoch).map(({ seq }) => seq);
    await trx
      .deleteFrom('outbox_acknowledged')
      .where('epoch', '=', epoch)
      .where('seq', '>=', Math.min(...seqs))
      .where('seq', '<=', Math.max(...seqs))
      .execute();
  }
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  await trx
    .updateTable('outbox_state')
    .set({ kept: sql`kept - ${rows.length}`, kept_bytes: sql`kept_bytes - ${bytes}` })
    .execute();
}

/** The lowest number of the epoch that is kept or waits. */
export async function lowestHeld(
  db: Kysely<OutboxTables>,
  epoch: string,
  ackedSeq: number,
): Promise<number> {
  const row = await db
    .selectFrom('outbox_acknowledged')
    .select(['seq', 'dropped_from'])
    .where('epoch', '=', epoch)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  return row ? (row.dropped_from ?? row.seq) : ackedSeq + 1;
}

/**
 * The relay has forgotten what it had acknowledged above `seq`: puts kept rows back into the outbox, at most `limit`,
 * the highest first, within the caller's transaction. What is not kept any more gets a mark. Resolves with the number
 * up to which everything is acknowledged now; the caller repeats this until that is `seq`.
 */
export async function putBack(
  trx: Kysely<OutboxTables>,
  seq: number,
  limit: number,
): Promise<number> {
  const { epoch, acked_seq: acked } = await trx
    .selectFrom('outbox_state')
    .select(['epoch', 'acked_seq'])
    .executeTakeFirstOrThrow();
  if (acked <= seq) return seq;
  const rows = await trx
    .selectFrom('outbox_acknowledged')
    .selectAll()
    .where('epoch', '=', epoch)
    .where('seq', '>', seq)
    .where('seq', '<=', acked)
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  let next = acked;
  for (const { epoch: _, kept_at: __, ...row } of rows) {
    if (row.seq < next) await insertForgotten(trx, row.seq + 1, next);
    const from = Math.max(row.dropped_from ?? row.seq, seq + 1);
    await trx
      .insertInto('outbox')
      .values({ ...row, dropped_from: row.dropped_from === null ? null : from })
      .execute();
    next = from - 1;
  }
  if (rows.length < limit && next > seq) {
    await insertForgotten(trx, seq + 1, next);
    next = seq;
  }
  await removeKept(trx, rows);
  const summaries = rows.filter((row) => row.dropped_from === null);
  await trx
    .updateTable('outbox_state')
    .set({
      acked_seq: next,
      summaries: sql`summaries + ${summaries.length}`,
      bytes: sql`bytes + ${summaries.reduce((sum, { bytes }) => sum + bytes, 0)}`,
    })
    .execute();
  return next;
}

async function insertForgotten(trx: Kysely<OutboxTables>, from: number, to: number): Promise<void> {
  await trx
    .insertInto('outbox')
    .values(evictionMark(from, to, 'forgotten'))
    .execute();
  await trx
    .updateTable('outbox_state')
    .set({
      forgotten: sql`forgotten + ${to - from + 1}`,
      forgotten_seq: sql`max(forgotten_seq, ${to})`,
    })
    .execute();
}

/** The relay reports that it lost a range, and that the outbox no longer held it. Counts it, if it was not counted. */
export async function countForgotten(
  db: Kysely<OutboxTables>,
  from: number,
  to: number,
): Promise<void> {
  await db
    .updateTable('outbox_state')
    .set({
      forgotten: sql`forgotten + max(0, ${to} - max(${from - 1}, forgotten_seq))`,
      forgotten_seq: sql`max(forgotten_seq, ${to})`,
    })
    .execute();
}

/**
 * The relay has forgotten what it had acknowledged of an earlier epoch above `seq`: appends kept rows to the outbox under
 * new numbers, at most `limit`, within the caller's transaction. The relay recognises those that it has by their
 * snapshots. Resolves with the number of rows that were appended.
 */
export async function appendKept(
  trx: Kysely<OutboxTables>,
  { epoch, seq, site }: { epoch: string; seq: number; site: string },
  limit: number,
): Promise<number> {
  const rows = await trx
    .selectFrom('outbox_acknowledged')
    .selectAll()
    .where('epoch', '=', epoch)
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(limit)
    .execute();
  const summaries = rows.filter((row) => row.dropped_from === null);
  const bytes = summaries.reduce((sum, row) => sum + row.bytes, 0);
  const { last_seq } = await trx
    .updateTable('outbox_state')
    .set({
      last_seq: sql`last_seq + ${summaries.length}`,
      summaries: sql`summaries + ${summaries.length}`,
      bytes: sql`bytes + ${bytes}`,
    })
    .returning('last_seq')
    .executeTakeFirstOrThrow();
  for (const [i, { epoch: _, kept_at: __, ...row }] of summaries.entries())
    await trx
      .insertInto('outbox')
      .values({
        ...row,
        seq: last_seq - summaries.length + 1 + i,
        former: row.former ?? site,
      })
      .execute();
  await removeKept(trx, rows);
  return rows.length;
}

/** The epochs of which rows are kept, except for the current one. */
export async function earlierEpochs(db: Kysely<OutboxTables>): Promise<string[]> {
  const epochs: string[] = [];
  const current = await db.selectFrom('outbox_state').select('epoch').executeTakeFirstOrThrow();
  // One look-up an epoch: the rows of each may be very many.
  for (let last = ''; ; ) {
    const row = await db
      .selectFrom('outbox_acknowledged')
      .select('epoch')
      .where('epoch', '>', last)
      .orderBy('epoch')
      .limit(1)
      .executeTakeFirst();
    if (!row) return epochs.filter((epoch) => epoch !== current.epoch);
    last = row.epoch;
    epochs.push(last);
  }
}
