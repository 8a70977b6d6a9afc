import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { readIfPresent, writeWhole } from '../../core/store/database-files.js';
import type { OutboxState } from './outbox.js';
import type { OutboxRowTable, OutboxTables } from './outbox-tables.js';

const markSchema = z.object({
  epoch: z.uuid(),
  ackedSeq: z.int().min(0),
  lastSeq: z.int().min(0),
});

/** How far the outbox was a short time ago. */
export type Mark = z.infer<typeof markSchema>;

/**
 * Keeps the last known numbers of the outbox in a file beside the database. If the database loses them, or falls back to
 * an older state, they show which summaries are lost, so that the relay is told.
 */
export class OutboxMark {
  readonly #path: string;
  #written: string | undefined;

  constructor(databaseFile: string) {
    this.#path = `${databaseFile}.outbox`;
  }

  /** Undefined if there is none, or none that can be read. */
  read(): Mark | undefined {
    try {
      const text = readIfPresent(this.#path);
      return text === undefined ? undefined : markSchema.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  }

  /** Writes the file if something has changed. */
  write({ epoch, ackedSeq, lastSeq }: OutboxState): void {
    const text = JSON.stringify({ epoch, ackedSeq, lastSeq });
    if (text === this.#written) return;
    writeWhole(this.#path, text);
    this.#written = text;
  }
}

/**
 * Brings an outbox that is older than the mark to the mark's numbers, within the caller's transaction: rows that the
 * relay has are removed, and the numbers that are missing become dropped summaries. The relay may know more of them, so
 * the database counts as a restored copy. Resolves with the number of missing summaries.
 */
export async function continueAtMark(trx: Kysely<OutboxTables>, mark: Mark): Promise<number> {
  const state = await trx
    .selectFrom('outbox_state')
    .select(['epoch', 'last_seq'])
    .executeTakeFirstOrThrow();
  if (state.epoch !== mark.epoch || state.last_seq >= mark.lastSeq) return 0;
  await trx.deleteFrom('outbox').where('seq', '<=', mark.ackedSeq).execute();
  const from = Math.max(state.last_seq, mark.ackedSeq) + 1;
  const missing = Math.max(0, mark.lastSeq - from + 1);
  if (missing > 0) await trx.insertInto('outbox').values(damagedRow(from, mark.lastSeq)).execute();
  await trx
    .updateTable('outbox_state')
    .set({
      ...stateAt(mark),
      acked_seq: sql<number>`max(acked_seq, ${mark.ackedSeq})`,
      summaries: sql<number>`(select count(*) from outbox where reason is null)`,
      bytes: sql<number>`(select coalesce(sum(bytes), 0) from outbox)`,
    })
    .execute();
  return missing;
}

/** What the state of a database knows that has lost its own: anything up to the last number may have been sent. */
export const stateAt = ({ epoch, ackedSeq, lastSeq }: Mark) => ({
  epoch,
  acked_seq: ackedSeq,
  last_seq: lastSeq,
  sent_mark: lastSeq,
  // The identity of no file, so that the database counts as a copy.
  file_identity: randomUUID(),
});

/** The row that stands for summaries that a damaged database lost, whose schema may be an earlier one. */
export const damagedRow = (
  from: number,
  to: number,
): Omit<OutboxRowTable, 'detail' | 'former'> => ({
  seq: to,
  payload: '',
  bytes: 0,
  created_at: 0,
  dropped_from: from,
  reason: 'damaged',
  image: null,
});
