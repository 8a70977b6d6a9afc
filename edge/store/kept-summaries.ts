import { type Kysely, sql } from 'kysely';
import { readSummary, type Summary } from '../../core/contract/summary.js';
import type { Ranges } from '../../core/runtime/ranges.js';
import {
  appendKept,
  countForgotten,
  earlierEpochs,
  type KeptBudget,
  lowestHeld,
  putBack,
  trimKept,
} from './outbox-kept.js';
import type { OutboxTables } from './outbox-tables.js';

/** Rows that one transaction moves or removes at most, so that the recording of snapshots never waits for long. */
const CHUNK = 512;

/** The newest acknowledged summaries, to send again what a relay that was restored from a backup has forgotten. */
export class KeptSummaries {
  #runningSince: number;

  constructor(
    private readonly db: Kysely<OutboxTables>,
    private readonly budget: KeptBudget,
    /** Milliseconds of a clock that no change of the system's clock affects. */
    private readonly steady = () => performance.now(),
  ) {
    this.#runningSince = steady();
  }

  /** The lowest number of the current epoch that can be sent, if everything up to `ackedSeq` is acknowledged. */
  lowestHeld(epoch: string, ackedSeq: number): Promise<number> {
    return lowestHeld(this.db, epoch, ackedSeq);
  }

  /** The snapshot of a kept summary. */
  async snapshotOf(seq: number, epoch: string): Promise<string | undefined> {
    const row = await this.db
      .selectFrom('outbox_acknowledged')
      .select('image')
      .where('epoch', '=', epoch)
      .where('seq', '=', seq)
      .executeTakeFirst();
    return row?.image ?? undefined;
  }

  /** The summary with the highest number that is acknowledged, if it is kept and can be read. */
  async newest(): Promise<Summary | undefined> {
    const row = await this.db
      .selectFrom('outbox_acknowledged')
      .select('payload')
      .where('epoch', '=', (q) => q.selectFrom('outbox_state').select('epoch'))
      .where('dropped_from', 'is', null)
      .where('seq', '=', (q) => q.selectFrom('outbox_state').select('acked_seq'))
      .executeTakeFirst();
    return row && readSummary(row.payload);
  }

  /**
   * The relay has forgotten what it had acknowledged above `seq`: it waits again as far as it is kept, and marks take
   * the place of the rest, a chunk in each transaction.
   */
  async sendAgain(seq: number): Promise<void> {
    for (let acked = Number.POSITIVE_INFINITY; acked > seq; )
      acked = await this.db.transaction().execute((trx) => putBack(trx, seq, CHUNK));
  }

  /**
   * The same for an earlier epoch, of which the relay has everything up to `seq`: what is kept goes out under new
   * numbers. Resolves with how many rows.
   */
  async sendAgainOf(epoch: string, seq: number, site: string): Promise<number> {
    let total = 0;
    for (let appended = -1; appended !== 0; ) {
      appended = await this.db
        .transaction()
        .execute((trx) => appendKept(trx, { epoch, seq, site }, CHUNK));
      total += appended;
    }
    return total;
  }

  /** The earlier epochs of which acknowledged summaries are kept. */
  earlierEpochs(): Promise<string[]> {
    return earlierEpochs(this.db);
  }

  /** The relay reports that it lost these ranges, and that they were not kept here any more. */
  async reportLost(ranges: Ranges): Promise<void> {
    for (const [from, to] of ranges) await countForgotten(this.db, from, to);
  }

  /** Removes what was kept for long enough, or exceeds its part of the budget. */
  async trim(): Promise<void> {
    const ms = Math.max(0, Math.round(this.steady() - this.#runningSince));
    this.#runningSince += ms;
    await this.db
      .updateTable('outbox_state')
      .set({ running_ms: sql`running_ms + ${ms}` })
      .execute();
    for (let removed = -1; removed !== 0; )
      removed = await this.db.transaction().execute((trx) => trimKept(trx, this.budget, CHUNK));
  }
}
