import { type Kysely, sql } from 'kysely';
import type { Acknowledgement, Summary } from '../../core/contract/summary.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { fittedPayload } from './fitted-payload.js';
import { startNewEpoch } from './outbox-epoch.js';
import { type EvictionReason, evict, oldestSummaries } from './outbox-eviction.js';
import { countInHour, type OutboxHour, outboxHours } from './outbox-hours.js';
import type { OutboxTables } from './outbox-tables.js';

/** Beyond it, the oldest summaries are evicted. */
export interface OutboxBudget {
  /** Of the summaries' payloads. */
  maxBytes: number;
  maxAgeMs: number;
}

export const defaultBudget: OutboxBudget = { maxBytes: 2 ** 30, maxAgeMs: 30 * 86_400_000 };

export interface OutboxState {
  epoch: string;
  lastSeq: number;
  ackedSeq: number;
  /** Summaries that wait, and the bytes of their payloads. */
  summaries: number;
  bytes: number;
  /** Summaries that the budget ever evicted. */
  evicted: number;
  /** No number above it was ever sent. */
  sentMark: number;
  /** Up to here the rows are those of whatever this database is a copy of. */
  sharedSeq: number;
}

export type OutboxRow = {
  seq: number;
  /** Below `seq` where the row stands for several evicted summaries. */
  from: number;
  bytes: number;
  /** Milliseconds since the Unix epoch; 0 where the clock could not be trusted. */
  createdAt: number;
} & ({ summary: Summary } | { reason: EvictionReason });

/** Eviction makes room down to this part of the budget's bytes, so that not every summary evicts another. */
const TARGET = 0.99;

/** Rows that one transaction removes, so that the recording of snapshots never waits for long. */
const CHUNK = 512;

/**
 * Summaries that are not settled yet, numbered from 1 without a hole within an epoch. The number comes from
 * `outbox_state`, in the transaction that adds the row, so one that is rolled back leaves no gap. Only three things
 * remove a row: its settling, its eviction, which leaves a row that tells so, and a new epoch's settling.
 */
export class Outbox {
  /** `clock` gives 0 while the time cannot be trusted. */
  constructor(
    private readonly db: Kysely<OutboxTables>,
    private readonly clock: Clock = systemClock,
    readonly budget: OutboxBudget = defaultBudget,
  ) {}

  /**
   * Adds a summary within the caller's transaction and resolves with its seq; where that exceeds the budget's bytes, the
   * oldest go. Call `Uplink.wake()` after the commit.
   */
  async append(trx: Kysely<OutboxTables>, summary: Summary): Promise<number> {
    const payload = fittedPayload(summary);
    const bytes = Buffer.byteLength(payload);
    const now = this.clock();
    const state = await trx
      .updateTable('outbox_state')
      .set({
        last_seq: sql`last_seq + 1`,
        summaries: sql`summaries + 1`,
        bytes: sql`bytes + ${bytes}`,
      })
      .returning(['last_seq', 'bytes'])
      .executeTakeFirstOrThrow();
    await trx
      .insertInto('outbox')
      .values({
        seq: state.last_seq,
        payload,
        bytes,
        created_at: now,
        dropped_from: null,
        reason: null,
      })
      .execute();
    await countInHour(trx, now, 'added', 1);
    if (state.bytes > this.budget.maxBytes) await this.#evictForBytes(trx, state.bytes);
    return state.last_seq;
  }

  /** Evicts what exceeds the budget, a chunk in each transaction. Resolves with how many summaries went. */
  async trim(): Promise<number> {
    let total = 0;
    for (let evicted = -1; evicted !== 0; total += evicted)
      evicted = await this.db.transaction().execute(async (trx) => {
        const { bytes } = await trx
          .selectFrom('outbox_state')
          .select('bytes')
          .executeTakeFirstOrThrow();
        if (bytes > this.budget.maxBytes) return this.#evictForBytes(trx, bytes);
        return this.#evictForAge(trx);
      });
    return total;
  }

  async state(): Promise<OutboxState> {
    const row = await this.db.selectFrom('outbox_state').selectAll().executeTakeFirstOrThrow();
    const { epoch, summaries, bytes, evicted } = row;
    return {
      epoch,
      summaries,
      bytes,
      evicted,
      lastSeq: row.last_seq,
      ackedSeq: row.acked_seq,
      sentMark: row.sent_mark,
      sharedSeq: row.shared_seq,
    };
  }

  /** How many summaries wait, and for how long the oldest has whose time is known. */
  async depth(): Promise<{ depth: number; oldestSeconds: number | null }> {
    const { summaries: depth } = await this.state();
    const oldest = await firstDated(this.db, 0);
    const now = this.clock();
    if (oldest === undefined || now === 0) return { depth, oldestSeconds: null };
    return { depth, oldestSeconds: Math.max(0, Math.round((now - oldest) / 1000)) };
  }

  /** What happened in each of the last hours, the newest first. */
  hours(): Promise<OutboxHour[]> {
    return outboxHours(this.db);
  }

  /** The rows above `after`, up to and including `upTo`, in order. */
  async page(after: number, upTo: number, limit: number): Promise<OutboxRow[]> {
    const rows = await this.db
      .selectFrom('outbox')
      .selectAll()
      .where('seq', '>', after)
      .where('seq', '<=', upTo)
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map(({ seq, payload, bytes, created_at, dropped_from, reason }) => ({
      seq,
      from: dropped_from ?? seq,
      bytes,
      createdAt: created_at,
      ...(reason ? { reason } : { summary: JSON.parse(payload) as Summary }),
    }));
  }

  /** Everything up to `seq` has arrived: its rows are gone, a chunk in each transaction. */
  async settle(seq: number): Promise<void> {
    for (let settled = 0; settled < seq; )
      settled = await this.db.transaction().execute((trx) => this.#settleChunk(trx, seq));
  }

  /**
   * To be called when the process starts, with what tells the database's file from a copy of it. What is there then is
   * all that can have been sent; in a copy that was put back it is all that the copy shares with its original. A file that
   * begins for the first time is no copy.
   */
  async begin(identity: string): Promise<OutboxState> {
    await this.db
      .updateTable('outbox_state')
      .set({
        sent_mark: sql`min(sent_mark, last_seq)`,
        shared_seq: sql`case when file_identity in ('', ${identity}) then shared_seq else last_seq end`,
        file_identity: identity,
      })
      .where((eb) =>
        eb.or([eb('sent_mark', '>', eb.ref('last_seq')), eb('file_identity', '!=', identity)]),
      )
      .execute();
    return this.state();
  }

  /** Notes, before they are sent, that numbers up to `seq` may have been. */
  async reserve(seq: number): Promise<void> {
    await this.db
      .updateTable('outbox_state')
      .set({ sent_mark: seq })
      .where('sent_mark', '<', seq)
      .execute();
  }

  /** For a database that turns out to be an older copy of itself; see `startNewEpoch`. */
  async startNewEpoch(known: Acknowledgement, shared: number): Promise<OutboxState> {
    await this.db.transaction().execute((trx) => startNewEpoch(trx, known, shared));
    return this.state();
  }

  /** Writes without changing anything: rejects where the database cannot be written. */
  async probe(): Promise<void> {
    await this.db.updateTable('outbox_state').set({ id: sql`id` }).execute();
  }

  async #settleChunk(trx: Kysely<OutboxTables>, seq: number): Promise<number> {
    const last = await trx
      .selectFrom('outbox')
      .select('seq')
      .where('seq', '<=', seq)
      .orderBy('seq')
      .limit(1)
      .offset(CHUNK - 1)
      .executeTakeFirst();
    const upTo = last?.seq ?? seq;
    const gone = await trx
      .selectFrom('outbox')
      .select(sql<number>`count(*)`.as('summaries'))
      .select(sql<number>`coalesce(sum(bytes), 0)`.as('bytes'))
      .where('seq', '<=', upTo)
      .where('dropped_from', 'is', null)
      .executeTakeFirstOrThrow();
    await trx.deleteFrom('outbox').where('seq', '<=', upTo).execute();
    await trx
      .updateTable('outbox_state')
      .set({
        acked_seq: sql`max(acked_seq, ${upTo})`,
        summaries: sql`summaries - ${gone.summaries}`,
        bytes: sql`bytes - ${gone.bytes}`,
      })
      .execute();
    if (gone.summaries > 0) await countInHour(trx, this.clock(), 'settled', gone.summaries);
    return upTo;
  }

  async #evictForBytes(trx: Kysely<OutboxTables>, bytes: number): Promise<number> {
    const oldest = await oldestSummaries(trx, CHUNK);
    let freed = 0;
    const kept = oldest.findIndex((row) => {
      if (bytes - freed <= this.budget.maxBytes * TARGET) return true;
      freed += row.bytes;
      return false;
    });
    const evicted = kept < 0 ? oldest : oldest.slice(0, kept);
    await evict(trx, evicted, 'bytes', this.clock());
    return evicted.length;
  }

  /** A summary whose own time is not known is as old, at least, as the next one whose time is. */
  async #evictForAge(trx: Kysely<OutboxTables>): Promise<number> {
    const now = this.clock();
    if (now === 0) return 0;
    const isOver = (at: number) => at > 0 && now - at > this.budget.maxAgeMs;
    const oldest = await oldestSummaries(trx, CHUNK);
    const last = oldest.findLastIndex((row) => isOver(row.created_at));
    let evicted = oldest.slice(0, last + 1);
    if (oldest.every((row) => row.created_at === 0)) {
      const next = await firstDated(trx, oldest.at(-1)?.seq ?? 0);
      if (next !== undefined && isOver(next)) evicted = oldest;
    }
    await evict(trx, evicted, 'age', now);
    return evicted.length;
  }
}

/** The time of the first row above `seq` whose time is known. Written so that the partial index serves. */
async function firstDated(db: Kysely<OutboxTables>, seq: number): Promise<number | undefined> {
  const row = await db
    .selectFrom('outbox')
    .select('created_at')
    .where(sql<boolean>`created_at > 0`)
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  return row?.created_at;
}
