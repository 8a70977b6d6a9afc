import { type Kysely, sql } from 'kysely';
import { type Acknowledgement, readSummary, type Summary } from '../../core/contract/summary.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { fittedPayload } from './fitted-payload.js';
import { KeptSummaries } from './kept-summaries.js';
import { acknowledgeRows } from './outbox-acknowledge.js';
import { adoptSite, startNewEpoch } from './outbox-epoch.js';
import { countInHour, type OutboxHour, outboxHours } from './outbox-hours.js';
import { type KeptBudget, trimKept } from './outbox-kept.js';
import { setAside } from './outbox-refused.js';
import type { MarkReason, OutboxTables } from './outbox-tables.js';
import { evictForAge, evictForBytes, firstKnownTime } from './outbox-trim.js';

/** Beyond it, the oldest summaries are evicted. */
export interface OutboxBudget {
  /** Of the summaries' payloads. */
  maxBytes: number;
  maxAgeMs: number;
  /** Running time for which acknowledged summaries are kept, to send again what a relay has forgotten; none without it. */
  keptMs?: number;
}

export const defaultBudget: OutboxBudget = { maxBytes: 2 ** 30, maxAgeMs: 30 * 86_400_000 };

export interface OutboxState {
  epoch: string;
  lastSeq: number;
  ackedSeq: number;
  /** Summaries that are not acknowledged, and the bytes of their payloads. */
  summaries: number;
  bytes: number;
  /** Summaries that the budget ever evicted. */
  evicted: number;
  /** Summaries that were ever set aside. */
  refused: number;
  /** Acknowledged summaries that a relay lost and that were not kept here any more. */
  forgotten: number;
  /** Acknowledged summaries that are kept, marks included. */
  kept: number;
  /** When the relay last acknowledged anything, to the minute, in milliseconds since the Unix epoch; 0 if not known. */
  heardAt: number;
  /** No number above it was ever sent. */
  sentWatermark: number;
  /** Up to here the rows are also in the database that this one is a copy of; 0 if it is no copy. */
  sharedSeq: number;
}

export type OutboxRow = {
  seq: number;
  /** Below `seq` if the row stands for several summaries that will not be sent. */
  from: number;
  bytes: number;
  /** Milliseconds since the Unix epoch; 0 if the clock could not be trusted. */
  createdAt: number;
} & RowContent;

type RowContent =
  | { summary: Summary; former: string | null }
  | { reason: MarkReason; detail: string | null };

/** Rows that one transaction removes at most, so that the recording of snapshots never waits for long. */
const CHUNK = 512;

/**
 * Summaries that are not acknowledged yet, numbered from 1 without a hole within an epoch. The number comes from
 * `outbox_state`, in the transaction that adds the row, so one that is rolled back leaves no hole. A row is removed by
 * its acknowledgement, or by a new epoch if the relay has it. Eviction, and setting it aside, leave a mark in its place.
 */
export class Outbox {
  readonly #keptBudget: KeptBudget;
  readonly kept: KeptSummaries;

  /**
   * `clock` is one that nobody sets, since the rows' ages depend on it; `wall` names the hours of the counts. Either gives
   * 0 while its time is not known.
   */
  constructor(
    private readonly db: Kysely<OutboxTables>,
    private readonly clock: Clock = systemClock,
    readonly budget: OutboxBudget = defaultBudget,
    private readonly wall: Clock = clock,
  ) {
    const { maxBytes, keptMs = 0 } = budget;
    this.#keptBudget = { maxBytes, keptMs };
    this.kept = new KeptSummaries(db, this.#keptBudget);
  }

  /**
   * Adds a summary within the caller's transaction and resolves with its seq. If that exceeds the budget's bytes, the
   * oldest are evicted. Call `Uplink.wake()` after the commit.
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
      .returning(['last_seq', 'bytes', 'kept_bytes'])
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
        detail: null,
        image: summary.snapshot,
        former: null,
      })
      .execute();
    await countInHour(trx, this.wall(), 'added', 1);
    if (state.bytes + state.kept_bytes > this.budget.maxBytes)
      await trimKept(trx, this.#keptBudget, CHUNK, false);
    if (state.bytes > this.budget.maxBytes) await this.#evictForBytes(trx, state.bytes);
    return state.last_seq;
  }

  /** Evicts what exceeds the budget, a chunk in each transaction. Resolves with the number of evicted summaries. */
  async trim(): Promise<number> {
    await this.kept.trim();
    let total = 0;
    for (let evicted = -1; evicted !== 0; total += evicted)
      evicted = await this.db.transaction().execute(async (trx) => {
        const { bytes } = await trx
          .selectFrom('outbox_state')
          .select('bytes')
          .executeTakeFirstOrThrow();
        if (bytes > this.budget.maxBytes) return this.#evictForBytes(trx, bytes);
        return evictForAge(trx, this.budget.maxAgeMs, CHUNK, this.clock(), this.wall());
      });
    return total;
  }

  async state(): Promise<OutboxState> {
    const row = await this.db.selectFrom('outbox_state').selectAll().executeTakeFirstOrThrow();
    const { epoch, summaries, bytes, evicted, refused, forgotten, kept } = row;
    return {
      epoch,
      summaries,
      bytes,
      evicted,
      refused,
      forgotten,
      kept,
      heardAt: row.heard_at,
      lastSeq: row.last_seq,
      ackedSeq: row.acked_seq,
      sentWatermark: row.sent_mark,
      sharedSeq: row.shared_seq,
    };
  }

  /** How many summaries wait, and the age of the oldest one whose time is known. */
  async depth(): Promise<{ depth: number; oldestSeconds: number | null }> {
    const { summaries: depth } = await this.state();
    const oldest = await firstKnownTime(this.db, 0);
    const now = this.clock();
    if (oldest === undefined || now === 0) return { depth, oldestSeconds: null };
    return { depth, oldestSeconds: Math.max(0, Math.round((now - oldest) / 1000)) };
  }

  /** Counts of each of the last hours, newest first. */
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
    return rows.map(
      ({ seq, payload, bytes, created_at, dropped_from, reason, detail, former }) => ({
        seq,
        from: dropped_from ?? seq,
        bytes,
        createdAt: created_at,
        ...(reason ? { reason, detail } : contentOf(payload, former)),
      }),
    );
  }

  /**
   * Sets a summary aside that the relay, or the broker, will never accept, so that those behind it go on. It is kept
   * with the reason (`siteglass-edge outbox --refused`), and a mark that is sent in its place tells the relay. Resolves
   * with false if the outbox has no such summary.
   */
  setAside(seq: number, reason: string): Promise<boolean> {
    return this.db.transaction().execute((trx) => setAside(trx, seq, reason, this.wall()));
  }

  /** The relay has everything up to `seq`: removes these rows, a chunk in each transaction. */
  async acknowledge(seq: number): Promise<void> {
    for (let acked = 0; acked < seq; )
      acked = await this.db
        .transaction()
        .execute((trx) => acknowledgeRows(trx, seq, CHUNK, this.wall(), this.#keptIfAny));
  }

  /** The snapshot of a summary of the current epoch that waits or is kept. */
  async snapshotOf(seq: number): Promise<string | undefined> {
    const waiting = await this.db
      .selectFrom('outbox')
      .select('image')
      .where('seq', '=', seq)
      .executeTakeFirst();
    return waiting?.image ?? this.kept.snapshotOf(seq, (await this.state()).epoch);
  }

  /** The relay has acknowledged something just now. */
  async heard(): Promise<void> {
    await this.db.updateTable('outbox_state').set({ heard_at: this.wall() }).execute();
  }

  /**
   * Call it when the process starts, with the `fileIdentity` of the database. The rows of that moment are all that can
   * have been sent; in a restored copy they are all that it shares with its original. A file without an identity yet is
   * no copy. If the site has another id than at the last start, a new epoch begins: the relay would take the numbers of
   * the earlier site for lost ones.
   */
  async begin(identity: string, site = ''): Promise<OutboxState> {
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
    if (site !== '') await this.db.transaction().execute((trx) => adoptSite(trx, site));
    return this.state();
  }

  /** Records that numbers up to `seq` may have been sent; call it before they are. */
  async raiseSentWatermark(seq: number): Promise<void> {
    await this.db
      .updateTable('outbox_state')
      .set({ sent_mark: seq })
      .where('sent_mark', '<', seq)
      .execute();
  }

  /** See `startNewEpoch`. */
  async startNewEpoch(
    known: Acknowledgement,
    sharedSeq: number,
    formerSite?: string,
  ): Promise<OutboxState> {
    const change = { known, sharedSeq, formerSite };
    await this.db.transaction().execute((trx) => startNewEpoch(trx, change));
    return this.state();
  }

  /** Writes without changing anything: rejects if the database cannot be written. */
  async probe(): Promise<void> {
    await this.db.updateTable('outbox_state').set({ id: sql`id` }).execute();
  }

  get #keptIfAny(): KeptBudget | undefined {
    return this.#keptBudget.keptMs > 0 ? this.#keptBudget : undefined;
  }

  #evictForBytes(trx: Kysely<OutboxTables>, bytes: number): Promise<number> {
    return evictForBytes(trx, bytes, this.budget.maxBytes, CHUNK, this.wall());
  }
}

/** A summary that cannot be read is reported as dropped, and does not stop others. */
function contentOf(payload: string, former: string | null): RowContent {
  const summary = readSummary(payload);
  return summary ? { summary, former } : { reason: 'damaged', detail: null };
}
