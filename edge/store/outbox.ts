import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Summary } from '../../core/contract/summary.js';
import { MAX_PAYLOAD_BYTES } from '../../core/contract/topics.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';

export interface OutboxTables {
  outbox: {
    seq: number;
    /** The summary as JSON. */
    payload: string;
    bytes: number;
    created_at: number;
  };
  /** One row. Rows of `outbox` are those above `acked_seq`, up to `last_seq`. */
  outbox_state: { id: number; epoch: string; last_seq: number; acked_seq: number };
}

export interface OutboxState {
  epoch: string;
  lastSeq: number;
  ackedSeq: number;
}

export interface OutboxRow {
  seq: number;
  summary: Summary;
}

/** What a record adds to its summary: epoch, numbers, names of fields. */
const ENVELOPE_BYTES = 256;

/**
 * Summaries that are not settled yet, numbered from 1 without a hole within an epoch. The number comes from
 * `outbox_state`, in the transaction that adds the row, so one that is rolled back leaves no gap.
 */
export class Outbox {
  constructor(
    private readonly db: Kysely<OutboxTables>,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Adds a summary within the caller's transaction and resolves with its seq. Call `Uplink.wake()` after the commit. */
  async append(trx: Kysely<OutboxTables>, summary: Summary): Promise<number> {
    const payload = fitted(summary);
    const { last_seq: seq } = await trx
      .updateTable('outbox_state')
      .set({ last_seq: sql`last_seq + 1` })
      .returning('last_seq')
      .executeTakeFirstOrThrow();
    await trx
      .insertInto('outbox')
      .values({ seq, payload, bytes: Buffer.byteLength(payload), created_at: this.clock() })
      .execute();
    return seq;
  }

  async state(): Promise<OutboxState> {
    const row = await this.db
      .selectFrom('outbox_state')
      .select(['epoch', 'last_seq', 'acked_seq'])
      .executeTakeFirstOrThrow();
    return { epoch: row.epoch, lastSeq: row.last_seq, ackedSeq: row.acked_seq };
  }

  /** How many summaries wait, and for how long the oldest has. */
  async depth(): Promise<{ depth: number; oldestSeconds: number | null }> {
    const { lastSeq, ackedSeq } = await this.state();
    const oldest = await this.addedAfter(ackedSeq);
    const age = oldest === undefined ? null : Math.round((this.clock() - oldest) / 1000);
    return { depth: lastSeq - ackedSeq, oldestSeconds: age === null ? null : Math.max(0, age) };
  }

  /** The rows that follow `seq`, in order. */
  async page(seq: number, limit: number): Promise<OutboxRow[]> {
    const rows = await this.db
      .selectFrom('outbox')
      .select(['seq', 'payload'])
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ seq: row.seq, summary: JSON.parse(row.payload) as Summary }));
  }

  /** When the row that follows `seq` was added, in milliseconds since the Unix epoch; undefined where there is none. */
  async addedAfter(seq: number): Promise<number | undefined> {
    const row = await this.db
      .selectFrom('outbox')
      .select('created_at')
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst();
    return row?.created_at;
  }

  /** Everything up to `seq` has arrived: its rows are gone. */
  async settle(seq: number): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      await trx
        .updateTable('outbox_state')
        .set({ acked_seq: seq })
        .where('acked_seq', '<', seq)
        .execute();
      await trx.deleteFrom('outbox').where('seq', '<=', seq).execute();
    });
  }

  /**
   * Numbers the rows anew, from 1 under another epoch. For a database that turns out to be an older copy of
   * itself: the relay knows different summaries by the numbers that it would give out.
   */
  async startNewEpoch(): Promise<OutboxState> {
    const epoch = randomUUID();
    await this.db.transaction().execute(async (trx) => {
      const { acked_seq, last_seq } = await trx
        .selectFrom('outbox_state')
        .select(['acked_seq', 'last_seq'])
        .executeTakeFirstOrThrow();
      // In two steps, through negative numbers, since the old and the new ones may overlap.
      await trx
        .updateTable('outbox')
        .set({ seq: sql`${acked_seq} - seq` })
        .execute();
      await trx.updateTable('outbox').set({ seq: sql`-seq` }).execute();
      await trx
        .updateTable('outbox_state')
        .set({ epoch, acked_seq: 0, last_seq: last_seq - acked_seq })
        .execute();
    });
    return this.state();
  }
}

/** The summary as JSON that fits one message, if need be without its weakest detections. */
function fitted(summary: Summary): string {
  const budget = MAX_PAYLOAD_BYTES - ENVELOPE_BYTES;
  const strongest = [...summary.detections].sort((a, b) => b.neighbors - a.neighbors);
  let payload = JSON.stringify(summary);
  for (let kept = strongest.length; kept > 0 && Buffer.byteLength(payload) > budget; ) {
    kept = Math.floor(kept / 2);
    const omitted = (summary.omitted ?? 0) + strongest.length - kept;
    payload = JSON.stringify({ ...summary, detections: strongest.slice(0, kept), omitted });
  }
  return payload;
}
