/** `progress` settles rows, `known` is nothing new, `foreign` speaks of what this outbox never sent. */
export type Acknowledged = 'progress' | 'known' | 'foreign';

/**
 * Which records are under way. Records go out in `seq` order, at most `size` beyond the highest that the relay
 * has acknowledged. After silence the window opens anew as TCP's does (slow start, RFC 5681): one record, then
 * twice as many with each acknowledgement.
 */
export class SendWindow {
  #acked: number;
  #sent: number;
  #limit: number;
  /** The highest number that the relay can know: sent now, or numbered before this process began. */
  #highest: number;

  constructor(
    readonly size: number,
    acked: number,
    lastSeq: number,
  ) {
    this.#acked = acked;
    this.#sent = acked;
    this.#limit = size;
    this.#highest = lastSeq;
  }

  /** Everything up to here is settled. */
  get acked(): number {
    return this.#acked;
  }

  /** The last one sent since the connection began, or since the last rewind. */
  get sent(): number {
    return this.#sent;
  }

  get inFlight(): number {
    return this.#sent - this.#acked;
  }

  get room(): number {
    return Math.max(0, this.#limit - this.inFlight);
  }

  send(seq: number): void {
    this.#sent = seq;
    this.#highest = Math.max(this.#highest, seq);
  }

  acknowledge(seq: number): Acknowledged {
    if (seq > this.#highest) return 'foreign';
    if (seq <= this.#acked) return 'known';
    this.#acked = seq;
    this.#sent = Math.max(this.#sent, seq);
    this.#limit = Math.min(this.size, this.#limit * 2);
    return 'progress';
  }

  /** A new connection: what was under way may be lost, so it goes again. */
  rewind(): void {
    this.#sent = this.#acked;
    this.#limit = this.size;
  }

  /** Acknowledgements stay away: only the next record goes again, until one comes. */
  probe(): void {
    this.#sent = this.#acked;
    this.#limit = 1;
  }
}
