import type { Acknowledgement } from '../../core/contract/summary.js';
import {
  covers,
  endOfRangeAt,
  type Ranges,
  rangesAbove,
  union,
} from '../../core/runtime/ranges.js';
import { TokenBucket } from './token-bucket.js';

export interface SendPlanOptions {
  /** Records in flight (sent and not acknowledged) at most, and bytes of their payloads from which on no other is sent. */
  window: number;
  windowBytes: number;
  /** If more records than this wait, they become the backlog, and new records go first. */
  backlogThreshold: number;
  /** Rate limit of the backlog; `Infinity` sets none. */
  backlogPerSecond: number;
}

export type Stream = 'live' | 'backlog';

/** Rows to read next: at most `count` of those above `after`, up to and including `upTo`. */
export interface SendBatch {
  stream: Stream;
  after: number;
  upTo: number;
  count: number;
}

/** A row as the plan sees it; it stands for the numbers `from` to `seq`. */
export interface PlannedRow {
  seq: number;
  from: number;
  bytes: number;
}

/** `progress` acknowledges something, `known` is nothing new, `foreign` names records that this outbox never sent. */
export type AckOutcome = 'progress' | 'known' | 'foreign';

interface InFlight extends PlannedRow {
  /** When the broker confirmed it. */
  deliveredAt: number | undefined;
}

/** Ranges remembered above the acknowledged number; beyond it the highest are forgotten, and their records go again. */
export const MAX_COMMITTED_RANGES = 1_024;

/**
 * Decides what is sent next. Records go out in two streams, each in `seq` order: new records first, and then the
 * backlog. Both share one window of records in flight. After a stall the window opens as TCP's does (slow start,
 * RFC 5681): one record, then twice as many with each acknowledgement. Times are milliseconds of any one clock.
 */
export class SendPlan {
  #acked: number;
  /** The highest number that the relay can know from this outbox. */
  #highest: number;
  #windowLimit: number;
  /** Each stream's last record that was sent or skipped. */
  #live: number;
  #backlog: number;
  #backlogEnd: number;
  /** What the relay has above `acked`. */
  #committed: Ranges = [];
  /** At most `window` entries. */
  readonly #inFlight = new Map<number, InFlight>();
  #bytes = 0;
  /** When the broker confirmed the latest record that is acknowledged. */
  #answeredUpTo = 0;
  readonly #bucket: TokenBucket;

  constructor(
    private readonly options: SendPlanOptions,
    acked: number,
    highest: number,
  ) {
    this.#acked = acked;
    this.#highest = Math.max(acked, highest);
    this.#windowLimit = options.window;
    this.#live = acked;
    this.#backlog = acked;
    this.#backlogEnd = acked;
    this.#bucket = new TokenBucket(options.backlogPerSecond);
  }

  /** Everything up to here is acknowledged. */
  get acked(): number {
    return this.#acked;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  isInFlight(seq: number): boolean {
    return this.#inFlight.has(seq);
  }

  /** Whether records above `acked` are acknowledged. */
  get hasAhead(): boolean {
    return this.#committed.length > 0;
  }

  /** The record above `acked`, if the broker has confirmed it and it is not acknowledged. */
  get oldestOverdue(): PlannedRow | undefined {
    for (const record of this.#inFlight.values())
      if (record.from <= this.#acked + 1 && record.seq > this.#acked)
        return record.deliveredAt === undefined ? undefined : record;
    return undefined;
  }

  /** What to read next if `lastSeq` is the newest; undefined if nothing may be sent now. */
  next(lastSeq: number, now: number): SendBatch | undefined {
    if (!this.#isWindowOpen) return undefined;
    const free = this.#windowLimit - this.#inFlight.size;
    this.#skipCommitted();
    this.#extendBacklog(lastSeq);
    if (this.#live < lastSeq)
      return { stream: 'live', after: this.#live, upTo: lastSeq, count: free };
    if (this.#backlog >= this.#backlogEnd) return undefined;
    const count = Math.min(free, this.#bucket.available(now));
    if (count === 0) return undefined;
    return { stream: 'backlog', after: this.#backlog, upTo: this.#backlogEnd, count };
  }

  /** Milliseconds until the rate limit permits the backlog's next record; undefined if it waits for something else. */
  waitMs(now: number): number | undefined {
    if (this.#backlog >= this.#backlogEnd || !this.#isWindowOpen) return undefined;
    return this.#bucket.available(now) === 0 ? this.#bucket.waitMs() : undefined;
  }

  /** The rows of a batch that are to be sent now. None if the plan has changed since `next`. */
  take<R extends PlannedRow>({ stream, after, upTo, count }: SendBatch, rows: R[]): R[] {
    if (this.#position(stream) !== after) return [];
    if (rows.length === 0) this.#advanceStream(stream, upTo);
    const taken: R[] = [];
    for (const row of rows) {
      if (!this.#isInFlightOrAcked(row)) {
        if (taken.length === count || !this.#isWindowOpen) break;
        const { seq, from, bytes } = row;
        this.#inFlight.set(seq, { seq, from, bytes, deliveredAt: undefined });
        this.#bytes += bytes;
        this.#highest = Math.max(this.#highest, seq);
        taken.push(row);
      }
      this.#advanceStream(stream, row.seq);
    }
    if (stream === 'backlog') this.#bucket.take(taken.length);
    return taken;
  }

  /** The broker has the record; the relay may have it. */
  delivered(seq: number, now: number): void {
    const record = this.#inFlight.get(seq);
    if (record) record.deliveredAt = now;
  }

  /** The record could not be sent. It goes again, with those after it that are not in flight. False if it was not in flight. */
  refuse(seq: number): boolean {
    const record = this.#inFlight.get(seq);
    if (!record) return false;
    this.#removeInFlight(record);
    this.rescan();
    return true;
  }

  /** Acknowledges one record, for an outbox that the broker acknowledges. */
  confirm(seq: number): AckOutcome {
    const record = this.#inFlight.get(seq);
    if (!record) return 'known';
    this.#removeInFlight(record);
    this.#addCommitted([[record.from, seq]]);
    this.#advance(this.#acked);
    this.#widenWindow();
    return 'progress';
  }

  /** Whether it names records that this outbox never sent. */
  isForeign({ seq, ahead = [] }: Pick<Acknowledgement, 'seq' | 'ahead'>): boolean {
    return Math.max(seq, ...ahead.map(([, to]) => to)) > this.#highest;
  }

  acknowledge({ seq, ahead = [] }: Pick<Acknowledgement, 'seq' | 'ahead'>): AckOutcome {
    if (this.isForeign({ seq, ahead })) return 'foreign';
    const before = { acked: this.#acked, inFlight: this.#inFlight.size };
    this.#addCommitted(ahead);
    this.#advance(Math.max(this.#acked, seq));
    for (const record of this.#inFlight.values())
      if (this.#isAcked(record)) {
        this.#answeredUpTo = Math.max(this.#answeredUpTo, record.deliveredAt ?? 0);
        this.#removeInFlight(record);
      }
    if (this.#acked === before.acked && this.#inFlight.size === before.inFlight) return 'known';
    this.#widenWindow();
    return 'progress';
  }

  /** Whether the broker took a record `timeoutMs` ago or longer that is not acknowledged yet. */
  isOverdue(now: number, timeoutMs: number): boolean {
    for (const { deliveredAt } of this.#inFlight.values()) {
      if (deliveredAt === undefined) continue;
      // Records arrive in order: if a later one is acknowledged, this one was lost or damaged.
      const limit = deliveredAt < this.#answeredUpTo ? timeoutMs / 4 : timeoutMs;
      if (now - deliveredAt >= limit) return true;
    }
    return false;
  }

  /** Starts again above `acked`, because rows have changed. Records in flight are not sent twice. */
  rescan(): void {
    this.#live = this.#acked;
    this.#backlog = this.#acked;
    this.#backlogEnd = this.#acked;
  }

  /** Acknowledgements are overdue: what is in flight may be lost. Sends `count` records again, until one is acknowledged. */
  probe(count = 1): void {
    this.#rewind();
    this.#windowLimit = count;
  }

  /** The connection ended. `forgetAhead` if the next one reports again what the relay has above `acked`. */
  disconnect(forgetAhead: boolean): void {
    if (forgetAhead) this.#committed = [];
    this.#rewind();
    this.#windowLimit = this.options.window;
  }

  #rewind(): void {
    this.#inFlight.clear();
    this.#bytes = 0;
    this.rescan();
  }

  #addCommitted(ranges: Ranges): void {
    this.#committed = union(this.#committed, ranges).slice(0, MAX_COMMITTED_RANGES);
  }

  #advance(acked: number): void {
    this.#acked = endOfRangeAt(this.#committed, acked + 1) ?? acked;
    this.#committed = rangesAbove(this.#committed, this.#acked);
    this.#live = Math.max(this.#live, this.#acked);
    this.#backlog = Math.max(this.#backlog, this.#acked);
  }

  #widenWindow(): void {
    this.#windowLimit = Math.min(this.options.window, this.#windowLimit * 2);
  }

  get #isWindowOpen(): boolean {
    return this.#inFlight.size < this.#windowLimit && this.#bytes < this.options.windowBytes;
  }

  #position(stream: Stream): number {
    return stream === 'live' ? this.#live : this.#backlog;
  }

  #advanceStream(stream: Stream, seq: number): void {
    if (stream === 'live') this.#live = seq;
    else this.#backlog = seq;
  }

  #skipCommitted(): void {
    this.#live = endOfRangeAt(this.#committed, this.#live + 1) ?? this.#live;
    this.#backlog = endOfRangeAt(this.#committed, this.#backlog + 1) ?? this.#backlog;
  }

  /** If too many records wait, they join the backlog. */
  #extendBacklog(lastSeq: number): void {
    if (lastSeq - this.#live <= this.options.backlogThreshold) return;
    if (this.#backlog >= this.#backlogEnd) this.#backlog = this.#live;
    this.#backlogEnd = lastSeq;
    this.#live = lastSeq;
  }

  #isInFlightOrAcked(row: PlannedRow): boolean {
    return this.#inFlight.has(row.seq) || this.#isAcked(row);
  }

  #isAcked({ from, seq }: PlannedRow): boolean {
    return covers(this.#committed, [Math.max(from, this.#acked + 1), seq]);
  }

  #removeInFlight({ seq, bytes }: PlannedRow): void {
    this.#inFlight.delete(seq);
    this.#bytes -= bytes;
  }
}
