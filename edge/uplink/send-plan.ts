import type { Acknowledgement } from '../../core/contract/summary.js';
import { RangeSet } from './range-set.js';
import { TokenBucket } from './token-bucket.js';

export interface SendPlanOptions {
  /** Records that may be under way unsettled, and bytes of payloads from which on no further one is sent. */
  window: number;
  windowBytes: number;
  /** With more than so many waiting, what waits becomes the backlog, and what is new goes first. */
  backlogThreshold: number;
  /** Cap on the backlog's records; `Infinity` sets none. */
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

/** A row as far as the plan is concerned; it stands for `from` to `seq`. */
export interface Planned {
  seq: number;
  from: number;
  bytes: number;
}

/** `progress` settles something, `known` is nothing new, `foreign` speaks of what this outbox never sent. */
export type Acknowledged = 'progress' | 'known' | 'foreign';

interface UnderWay extends Planned {
  /** When the broker confirmed it. */
  deliveredAt: number | undefined;
}

/**
 * Decides what is sent next. Records go out in two streams, each in `seq` order: what is new, and behind it the
 * backlog, which is what waited when too much did. Both share one window of records that are sent and not settled.
 * After silence it opens anew as TCP's does (slow start, RFC 5681): one record, then twice as many with each
 * acknowledgement. Times are milliseconds of any one clock.
 */
export class SendPlan {
  #acked: number;
  /** The highest number that the relay can know from this outbox. */
  #highest: number;
  #limit: number;
  /** Each stream's last record that was sent or passed over. The backlog ends at `split`. */
  #live: number;
  #backlog: number;
  #split: number;
  /** What the relay has above `acked`. */
  readonly #committed = new RangeSet();
  /** At most `window` entries. */
  readonly #underWay = new Map<number, UnderWay>();
  #bytes = 0;
  readonly #bucket: TokenBucket;

  constructor(
    private readonly options: SendPlanOptions,
    acked: number,
    highest: number,
  ) {
    this.#acked = acked;
    this.#highest = Math.max(acked, highest);
    this.#limit = options.window;
    this.#live = acked;
    this.#backlog = acked;
    this.#split = acked;
    this.#bucket = new TokenBucket(options.backlogPerSecond);
  }

  /** Everything up to here is settled. */
  get acked(): number {
    return this.#acked;
  }

  get inFlight(): number {
    return this.#underWay.size;
  }

  /** What to read next, where `lastSeq` is the newest; undefined where nothing may go now. */
  next(lastSeq: number, now: number): SendBatch | undefined {
    if (!this.#hasRoom) return undefined;
    const room = this.#limit - this.#underWay.size;
    this.#passCommitted();
    this.#divide(lastSeq);
    if (this.#live < lastSeq)
      return { stream: 'live', after: this.#live, upTo: lastSeq, count: room };
    if (this.#backlog >= this.#split) return undefined;
    const count = Math.min(room, this.#bucket.available(now));
    if (count === 0) return undefined;
    return { stream: 'backlog', after: this.#backlog, upTo: this.#split, count };
  }

  /** Milliseconds until the backlog's rate lets its next record go; undefined where that is not what it waits for. */
  restMs(now: number): number | undefined {
    if (this.#backlog >= this.#split || !this.#hasRoom) return undefined;
    return this.#bucket.available(now) === 0 ? this.#bucket.restMs() : undefined;
  }

  /** Of the rows read for a turn, those to be sent now. None where the plan has moved on since. */
  take<R extends Planned>({ stream, after, upTo, count }: SendBatch, rows: R[]): R[] {
    if (this.#cursor(stream) !== after) return [];
    if (rows.length === 0) this.#move(stream, upTo);
    const taken: R[] = [];
    for (const row of rows) {
      if (!this.#isCovered(row)) {
        if (taken.length === count || !this.#hasRoom) break;
        this.#underWay.set(row.seq, { ...bare(row), deliveredAt: undefined });
        this.#bytes += row.bytes;
        this.#highest = Math.max(this.#highest, row.seq);
        taken.push(row);
      }
      this.#move(stream, row.seq);
    }
    if (stream === 'backlog') this.#bucket.take(taken.length);
    return taken;
  }

  /** The broker has it; the relay may. */
  delivered(seq: number, now: number): void {
    const record = this.#underWay.get(seq);
    if (record) record.deliveredAt = now;
  }

  /** It was not sent after all and goes again, with what follows it that is not under way. False where it was not under way. */
  refuse(seq: number): boolean {
    const record = this.#underWay.get(seq);
    if (!record) return false;
    this.#drop(record);
    this.revisit();
    return true;
  }

  /** Where the broker's word settles a record: it has this one. */
  confirm(seq: number): Acknowledged {
    const record = this.#underWay.get(seq);
    if (!record) return 'known';
    this.#drop(record);
    this.#committed.add(record.from, seq);
    this.#advance(this.#acked);
    this.#widen();
    return 'progress';
  }

  acknowledge({ seq, ahead = [] }: Pick<Acknowledgement, 'seq' | 'ahead'>): Acknowledged {
    if (Math.max(seq, ...ahead.map(([, to]) => to)) > this.#highest) return 'foreign';
    const before = { acked: this.#acked, inFlight: this.#underWay.size };
    for (const [from, to] of ahead) this.#committed.add(from, to);
    this.#advance(Math.max(this.#acked, seq));
    for (const record of this.#underWay.values()) if (this.#isSettled(record)) this.#drop(record);
    if (this.#acked === before.acked && this.#underWay.size === before.inFlight) return 'known';
    this.#widen();
    return 'progress';
  }

  /** Whether the broker took a record `silenceMs` ago or longer that is not settled yet. */
  isOverdue(now: number, silenceMs: number): boolean {
    for (const { deliveredAt } of this.#underWay.values())
      if (deliveredAt !== undefined && now - deliveredAt >= silenceMs) return true;
    return false;
  }

  /** Rows have changed: looks at all again that are not settled, except for those under way. */
  revisit(): void {
    this.#live = this.#acked;
    this.#backlog = this.#acked;
    this.#split = this.#acked;
  }

  /** Acknowledgements stay away: what is under way may be lost. Only one record goes again, until one comes. */
  probe(): void {
    this.#rewind();
    this.#limit = 1;
  }

  /** The connection ended. `forgetAhead` where the next one tells again what lies ahead. */
  disconnect(forgetAhead: boolean): void {
    if (forgetAhead) this.#committed.clear();
    this.#rewind();
    this.#limit = this.options.window;
  }

  #rewind(): void {
    this.#underWay.clear();
    this.#bytes = 0;
    this.revisit();
  }

  #advance(acked: number): void {
    this.#acked = this.#committed.endOf(acked + 1) ?? acked;
    this.#committed.trim(this.#acked);
    this.#live = Math.max(this.#live, this.#acked);
    this.#backlog = Math.max(this.#backlog, this.#acked);
  }

  #widen(): void {
    this.#limit = Math.min(this.options.window, this.#limit * 2);
  }

  get #hasRoom(): boolean {
    return this.#underWay.size < this.#limit && this.#bytes < this.options.windowBytes;
  }

  #cursor(stream: Stream): number {
    return stream === 'live' ? this.#live : this.#backlog;
  }

  #move(stream: Stream, seq: number): void {
    if (stream === 'live') this.#live = seq;
    else this.#backlog = seq;
  }

  #passCommitted(): void {
    this.#live = this.#committed.endOf(this.#live + 1) ?? this.#live;
    this.#backlog = this.#committed.endOf(this.#backlog + 1) ?? this.#backlog;
  }

  #divide(lastSeq: number): void {
    if (lastSeq - this.#live <= this.options.backlogThreshold) return;
    if (this.#backlog >= this.#split) this.#backlog = this.#live;
    this.#split = lastSeq;
    this.#live = lastSeq;
  }

  #isCovered(row: Planned): boolean {
    return this.#underWay.has(row.seq) || this.#isSettled(row);
  }

  #isSettled({ from, seq }: Planned): boolean {
    return seq <= this.#acked || this.#committed.covers(Math.max(from, this.#acked + 1), seq);
  }

  #drop({ seq, bytes }: Planned): void {
    this.#underWay.delete(seq);
    this.#bytes -= bytes;
  }
}

const bare = ({ seq, from, bytes }: Planned): Planned => ({ seq, from, bytes });
