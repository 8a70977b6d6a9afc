/** A record as the send plan knows it. */
export interface OverdueRecord {
  seq: number;
  bytes: number;
}

/** Stalls with the same record, while the relay acknowledges later ones, before the record counts as dropped. */
const STALLS = 2;
/** Smaller records are below any limit of a broker: they were lost or damaged on the way. */
const MIN_BYTES = 1_024;

/** Finds the record that a broker confirms each time and never delivers, as it does with messages that are too large for it. */
export class SwallowedRecord {
  #seq = 0;
  #stalls = 0;
  /** What the record may have the next time. */
  #maxBytes = Number.POSITIVE_INFINITY;

  /**
   * Acknowledgements are overdue. `oldest` is the first record that the relay has not acknowledged although the broker
   * confirmed it; `relayAnswers` is whether the relay has later ones. Returns the record if the broker drops it.
   */
  stalled(oldest: OverdueRecord | undefined, relayAnswers: boolean): OverdueRecord | undefined {
    if (!oldest || !relayAnswers || oldest.bytes < MIN_BYTES) return undefined;
    if (oldest.seq !== this.#seq) {
      this.#seq = oldest.seq;
      this.#stalls = 0;
      this.#maxBytes = Number.POSITIVE_INFINITY;
    }
    if (++this.#stalls < STALLS) return undefined;
    this.#stalls = 0;
    this.#maxBytes = Math.min(this.#maxBytes, oldest.bytes) / 2;
    return oldest;
  }

  /** The relay has seen the record: it was damaged, not dropped. */
  arrived(seq: number): void {
    if (seq === this.#seq) this.#stalls = 0;
  }

  /** The bytes that a record may have; less after each time that it was dropped. */
  maxBytesOf(seq: number): number {
    return seq === this.#seq ? this.#maxBytes : Number.POSITIVE_INFINITY;
  }
}
