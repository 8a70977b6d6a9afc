import { type Kysely, sql } from 'kysely';
import { MAX_DETAIL, readSummary, type Summary } from '../../core/contract/summary.js';
import { MARK } from './outbox-eviction.js';
import type { OutboxTables } from './outbox-tables.js';

/** Bounds on the summaries that are set aside; beyond them the oldest are removed. */
export const MAX_REFUSED_ROWS = 100;
export const MAX_REFUSED_BYTES = 4 * 2 ** 20;

export interface RefusedSummary {
  epoch: string;
  seq: number;
  reason: string;
  summary: Partial<Summary>;
  bytes: number;
  /** Milliseconds since the Unix epoch; 0 if the clock could not be trusted. */
  refusedAt: number;
}

/**
 * Sets a summary aside, within the caller's transaction: keeps it with the reason, and leaves a mark in its place that
 * is sent instead. False if the outbox has no such summary.
 */
export async function setAside(
  trx: Kysely<OutboxTables>,
  seq: number,
  reason: string,
  now: number,
): Promise<boolean> {
  const row = await trx
    .selectFrom('outbox')
    .select(['payload', 'bytes'])
    .where('seq', '=', seq)
    .where('dropped_from', 'is', null)
    .executeTakeFirst();
  if (!row) return false;
  const detail = reason.slice(0, MAX_DETAIL);
  const { epoch } = await trx
    .updateTable('outbox_state')
    .set({
      summaries: sql`summaries - 1`,
      bytes: sql`bytes - ${row.bytes}`,
      refused: sql`refused + 1`,
    })
    .returning('epoch')
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('outbox_refused')
    .values({ epoch, seq, reason: detail, ...row, refused_at: now })
    .execute();
  await trx
    .updateTable('outbox')
    .set({
      ...MARK,
      dropped_from: seq,
      reason: 'refused',
      detail,
    })
    .where('seq', '=', seq)
    .execute();
  await keepNewest(trx);
  return true;
}

async function keepNewest(trx: Kysely<OutboxTables>): Promise<void> {
  const rows = await trx
    .selectFrom('outbox_refused')
    .select(['id', 'bytes'])
    .orderBy('id', 'desc')
    .execute();
  let bytes = 0;
  const last = rows.findIndex((row, i) => {
    bytes += row.bytes;
    return i >= MAX_REFUSED_ROWS || bytes > MAX_REFUSED_BYTES;
  });
  const first = rows[last];
  if (first) await trx.deleteFrom('outbox_refused').where('id', '<=', first.id).execute();
}

/** The summaries that were set aside and are still kept, newest first. */
export async function refusedSummaries(db: Kysely<OutboxTables>): Promise<RefusedSummary[]> {
  const rows = await db
    .selectFrom('outbox_refused')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(MAX_REFUSED_ROWS)
    .execute();
  return rows.map(({ epoch, seq, reason, payload, bytes, refused_at }) => ({
    epoch,
    seq,
    reason,
    // It may have been set aside because it cannot be read.
    summary: readSummary(payload) ?? {},
    bytes,
    refusedAt: refused_at,
  }));
}
