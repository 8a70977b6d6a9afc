import type { Acknowledgement } from '../../core/contract/summary.js';
import type { Outbox, OutboxRow, OutboxState } from '../store/outbox.js';
import { EpochGuard } from './epoch-guard.js';
import { type AckOutcome, type SendBatch, SendPlan } from './send-plan.js';
import type { UplinkOptions } from './uplink-options.js';

/** Rows read at once, and bytes in flight: memory does not grow with the backlog. */
const PAGE = 64;
const WINDOW_BYTES = 4 * 2 ** 20;

/** The outbox during one epoch: which rows go next, what is acknowledged, and what the database has to know of both. */
export class EpochSession {
  readonly plan: SendPlan;
  readonly guard: EpochGuard;
  /** The acknowledged number that the database has; it may be a little behind the plan's. */
  #storedAcked: number;
  #sentWatermark: number;
  #evicted: number;
  /** The lowest number that can be sent again after its acknowledgement; undefined if none is kept. */
  #keptFrom: number | undefined;
  #isKeptRead = false;

  constructor(
    private readonly outbox: Outbox,
    state: OutboxState,
    options: UplinkOptions,
  ) {
    const { settleOn, window = 256, backlogThreshold = 1_000 } = options;
    const { backlogPerSecond = Number.POSITIVE_INFINITY } = options;
    const limits = { window, windowBytes: WINDOW_BYTES, backlogThreshold, backlogPerSecond };
    this.guard = new EpochGuard(state, settleOn === 'ack');
    this.plan = new SendPlan(limits, state.ackedSeq, this.guard.sharedSeq);
    this.#storedAcked = state.ackedSeq;
    this.#sentWatermark = state.sentWatermark;
    this.#evicted = state.evicted;
  }

  /** What to send next; undefined if nothing may be sent now. */
  async nextBatch(): Promise<SendBatch | undefined> {
    // Before anything is sent: the relay takes lower numbers than the first one for lost.
    if (!this.#isKeptRead) await this.readKept();
    const { lastSeq, evicted } = await this.outbox.state();
    if (evicted !== this.#evicted) this.plan.rescan();
    this.#evicted = evicted;
    return this.plan.next(this.guard.sendLimit(lastSeq), performance.now());
  }

  /**
   * The rows of a batch. That they may have been sent is stored before they are, so that a restored copy of the database
   * can be recognised.
   */
  async rowsOf({ after, upTo, count }: SendBatch): Promise<OutboxRow[]> {
    const rows = await this.outbox.page(after, upTo, Math.min(PAGE, count));
    const seq = rows.at(-1)?.seq ?? 0;
    if (seq > this.#sentWatermark) {
      const watermark = this.guard.watermarkFor(seq);
      await this.outbox.raiseSentWatermark(watermark);
      this.#sentWatermark = watermark;
    }
    return rows;
  }

  /** The lowest number that is held: the relay does not wait for lower ones. */
  get first(): number {
    return this.#keptFrom ?? this.plan.acked + 1;
  }

  acknowledge(acknowledgement: Acknowledgement, isRetained: boolean): AckOutcome {
    const outcome = this.plan.acknowledge(acknowledgement);
    this.guard.onAcknowledgement(acknowledgement, outcome, isRetained);
    return outcome;
  }

  /** Whether there are rows that the database has not removed although they are acknowledged. */
  get hasUnstored(): boolean {
    return this.plan.acked > this.#storedAcked;
  }

  async storeAcknowledged(): Promise<void> {
    const { acked } = this.plan;
    await this.outbox.acknowledge(acked);
    this.#storedAcked = acked;
    await this.readKept();
  }

  async readKept(): Promise<void> {
    const lowest = await this.outbox.kept.lowestHeld(this.guard.epoch, this.#storedAcked);
    this.#keptFrom = lowest <= this.#storedAcked ? lowest : undefined;
    this.#isKeptRead = true;
  }

  /** The relay has been silent for `silenceMs` since the connection. While shared rows are left to send, it still answers those; without new rows, nothing has to be decided. */
  async checkSilence(silenceMs: number): Promise<void> {
    const { acked } = this.plan;
    const { lastSeq } = await this.outbox.state();
    if (lastSeq <= this.guard.sharedSeq) return;
    const unsent = await this.outbox.page(acked, this.guard.sharedSeq, 1);
    this.guard.onSilence(silenceMs, unsent.length > 0, acked);
  }
}
