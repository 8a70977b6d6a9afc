import type { Acknowledgement } from '../../core/contract/summary.js';
import type { AckOutcome } from './send-plan.js';

/** What the outbox knows of its epoch when the uplink starts to send it. */
export interface EpochState {
  epoch: string;
  ackedSeq: number;
  /** No number above it was ever sent by this file. */
  sentWatermark: number;
  /** Up to here the rows are also in the database that this file is a copy of; 0 if its identity has not changed. */
  sharedSeq: number;
}

/** Why a new epoch has to begin, and what the relay has acknowledged of the present one. */
export interface EpochEnd {
  reason: 'relay-is-ahead' | 'copy-not-confirmed' | 'not-confirmed';
  acknowledged: Acknowledgement;
}

/** So long the relay has time to confirm the epoch after a connection. */
export const CONFIRMATION_MS = 2_000;

/** Numbers added to the sent watermark at once. */
const WATERMARK_STEP = 1_024;

/**
 * Decides whether the outbox is a restored copy of an older state, whose new summaries would get numbers that the relay
 * knows already. Until the relay confirms the epoch, only rows that the copy shares with its original may be sent. The
 * epoch ends if the relay acknowledges more than was ever sent from here, or if it is not confirmed in time. Times are milliseconds of any one clock.
 */
export class EpochGuard {
  readonly epoch: string;
  /** Up to here the relay and this outbox have the same summaries under the same numbers, even if it is a copy. */
  readonly sharedSeq: number;
  readonly #isCopy: boolean;
  #isConfirmed: boolean;
  #end: EpochEnd | undefined;

  /** `awaitsRelay` is false if no relay acknowledges the outbox, so that none could confirm the epoch. */
  constructor(state: EpochState, awaitsRelay: boolean) {
    this.epoch = state.epoch;
    this.sharedSeq = Math.max(state.sharedSeq, state.sentWatermark);
    this.#isCopy = state.sharedSeq > 0;
    // If nothing was ever sent, the relay cannot know other summaries by the same numbers.
    this.#isConfirmed = !awaitsRelay || (state.ackedSeq === 0 && this.sharedSeq === 0);
  }

  /** Set as soon as a new epoch has to begin; then nothing more may be sent in this one. */
  get end(): EpochEnd | undefined {
    return this.#end;
  }

  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  /** The highest number that may be sent now, if `lastSeq` is the newest. */
  sendLimit(lastSeq: number): number {
    return this.#isConfirmed ? lastSeq : Math.min(lastSeq, this.sharedSeq);
  }

  /** The watermark to be stored before `seq` is sent. */
  watermarkFor(seq: number): number {
    return this.#isConfirmed ? seq + WATERMARK_STEP : this.sharedSeq;
  }

  /** An acknowledgement of this epoch has arrived, with the send plan's outcome. */
  onAcknowledgement(acknowledged: Acknowledgement, outcome: AckOutcome, isRetained: boolean): void {
    if (outcome === 'foreign') this.#end = { reason: 'relay-is-ahead', acknowledged };
    // A retained one may be older than what the relay knows by now.
    else if (!isRetained) this.#isConfirmed = true;
  }

  /**
   * The relay has been silent for `silenceMs` since the connection. `unsentShared` is whether there are still rows to
   * send that it would answer; `acked` is what it has acknowledged.
   */
  onSilence(silenceMs: number, unsentShared: boolean, acked: number): void {
    if (this.#isConfirmed || this.#end || silenceMs < CONFIRMATION_MS || unsentShared) return;
    // Even without a sign of it the database may be a copy, in the image of a whole disk for example.
    this.#end = {
      reason: this.#isCopy ? 'copy-not-confirmed' : 'not-confirmed',
      acknowledged: { epoch: this.epoch, seq: acked },
    };
  }
}
