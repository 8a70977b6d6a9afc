import { setTimeout as sleep } from 'node:timers/promises';
import type { Acknowledgement } from '../../core/contract/summary.js';
import type { MessageBus, Received } from '../../core/messaging/message-bus.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { Outbox, OutboxRow, OutboxState } from '../store/outbox.js';
import { AutoResetEvent } from './auto-reset-event.js';
import { isHistorical, recordOf } from './record-of.js';
import { type Acknowledged, SendPlan, type Stream } from './send-plan.js';
import { Timers } from './timers.js';
import type { UplinkOptions, UplinkStatus } from './uplink-options.js';

/** Rows read at once, and bytes under way: memory does not grow with what waits. */
const PAGE = 64;
const WINDOW_BYTES = 4 * 2 ** 20;
/** Numbers noted at once as possibly sent. */
const RESERVED = 1_024;
const SETTLE_EVERY_MS = 250;
/** So long the relay is waited for after a connection. */
const DOUBT_MS = 2_000;
const RETRY_MS = 1_000;
const LOG_EVERY_MS = 60_000;

/**
 * Sends the outbox to the relay, at most a window ahead of what is settled, again from the last acknowledgement after
 * every reconnect. The outbox is the session; the MQTT client keeps nothing for it.
 */
export class Uplink implements Service {
  readonly name = 'uplink';
  readonly #bell = new AutoResetEvent();
  readonly #stopping = new AbortController();
  readonly #timers = new Timers<'hold' | 'doubt' | 'settle' | 'rate' | 'refusal' | 'stall'>();
  #epoch = '';
  /** Absent until the outbox could be read. */
  #plan: SendPlan | undefined;
  /** What the outbox has been told; it may be a little behind the plan. */
  #settled = 0;
  #reserved = 0;
  #evicted = 0;
  /** Up to here the relay and this outbox speak of the same summaries, though the database be a copy. */
  #shared = 0;
  #isCopy = false;
  /** Whether the relay has spoken of this epoch since the start, so that what is above `shared` may be sent. */
  #heard = false;
  /** An acknowledgement of what was never sent from here. */
  #foreign: Acknowledgement | undefined;
  #stalls = 0;
  #lastLogged = -LOG_EVERY_MS;
  #listeners: (() => void)[] = [];
  #running: Promise<void> = Promise.resolve();

  /** `clock` gives 0 while the time cannot be trusted. */
  constructor(
    private readonly bus: MessageBus,
    private readonly outbox: Outbox,
    private readonly options: UplinkOptions,
    private readonly log: Logger,
    private readonly clock: Clock = systemClock,
  ) {}

  async start(): Promise<void> {
    const { site, settleOn } = this.options;
    await this.#begin().catch((error: unknown) => this.#complain(error));
    const take = (ack: Received<'ack'>) => this.#acknowledge(ack);
    if (settleOn === 'ack') this.bus.subscribe('ack', { site }, take);
    this.#listeners = [
      this.bus.onConnect(() => this.#connected()),
      this.bus.onDisconnect(() => this.#disconnected()),
    ];
    if (this.bus.connected) this.#connected();
    this.#bell.ring();
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    for (const cancel of this.#listeners.splice(0)) cancel();
    this.#stopping.abort();
    this.#timers.clearAll();
    this.#bell.ring();
    await this.#running;
    this.#timers.clearAll();
    await this.#settle();
  }

  /** There is something new in the outbox. */
  wake(): void {
    this.#bell.ring();
  }

  async status(): Promise<UplinkStatus> {
    const { epoch, lastSeq, ackedSeq } = await this.outbox.state();
    return {
      connected: this.bus.connected,
      epoch,
      ...(await this.outbox.depth()),
      ackedSeq: Math.max(ackedSeq, this.#plan?.acked ?? 0),
      lastSeq,
      inFlight: this.#plan?.inFlight ?? 0,
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#bell.wait();
      try {
        if (!this.#plan) await this.#begin();
        await this.#renewEpoch();
        await this.#send();
        await this.#settle();
      } catch (error) {
        this.#complain(error);
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
        this.#bell.ring();
      }
    }
  }

  async #begin(): Promise<void> {
    const state = await this.outbox.begin(this.options.identity ?? '');
    this.#shared = Math.max(state.sharedSeq, state.sentMark);
    this.#isCopy = state.sharedSeq > 0;
    this.#resume(state);
  }

  #resume({ epoch, ackedSeq, sentMark, evicted }: OutboxState): void {
    this.#epoch = epoch;
    // Of what was never sent, nobody can know other summaries by the same numbers.
    this.#heard = this.options.settleOn === 'puback' || (ackedSeq === 0 && this.#shared === 0);
    this.#settled = ackedSeq;
    this.#reserved = sentMark;
    this.#evicted = evicted;
    this.#plan = new SendPlan(
      {
        window: this.options.window ?? 256,
        windowBytes: WINDOW_BYTES,
        backlogThreshold: this.options.backlogThreshold ?? 1_000,
        backlogPerSecond: this.options.backlogPerSecond ?? Number.POSITIVE_INFINITY,
      },
      ackedSeq,
      this.#shared,
    );
  }

  async #renewEpoch(): Promise<void> {
    const known = this.#foreign ?? (await this.#unanswered());
    if (!known || !this.#plan) return;
    const why = this.#foreign
      ? 'the relay knows more than this outbox ever sent: the database is an older copy, so a new epoch begins'
      : 'the relay does not say what it knows of this epoch, so a new one begins';
    await this.outbox.settle(this.#plan.acked);
    const state = await this.outbox.startNewEpoch(known, this.#shared);
    this.#foreign = undefined;
    this.#shared = 0;
    this.#isCopy = false;
    this.#resume(state);
    this.log.warn({ epoch: this.#epoch, summaries: state.summaries }, why);
  }

  /**
   * Before the relay has spoken, this database may be an older copy, and what was numbered since may have numbers that
   * the relay knows. It waits for a word. Where none comes, and nothing is left to send that would bring one, a known copy
   * gives the present epoch up: resolves with what is settled of it. Any other goes on.
   */
  async #unanswered(): Promise<Acknowledgement | undefined> {
    if (this.#heard || !this.#plan || !this.#maySend() || this.#timers.has('doubt'))
      return undefined;
    const { acked } = this.#plan;
    const left = await this.outbox.page(acked, this.#shared, 1);
    this.#heard = left.length === 0 && !this.#isCopy;
    return left.length === 0 && this.#isCopy ? { epoch: this.#epoch, seq: acked } : undefined;
  }

  /** Not for every acknowledgement: a commit each would slow the sending, and a row that stays a moment longer harms nothing. */
  async #settle(): Promise<void> {
    const { acked } = this.#plan ?? { acked: 0 };
    if (acked <= this.#settled || this.#timers.has('settle')) return;
    await this.outbox.settle(acked);
    this.#settled = acked;
    this.#timers.set('settle', SETTLE_EVERY_MS, () => this.#bell.ring());
  }

  async #send(): Promise<void> {
    while (this.#plan && this.#maySend()) {
      const plan = this.#plan;
      const { lastSeq, evicted } = await this.outbox.state();
      if (evicted !== this.#evicted) plan.revisit();
      this.#evicted = evicted;
      const now = performance.now();
      const turn = plan.next(this.#heard ? lastSeq : Math.min(lastSeq, this.#shared), now);
      if (!turn) return this.#rest(plan.restMs(now));
      const rows = await this.outbox.page(turn.after, turn.upTo, Math.min(PAGE, turn.count));
      await this.#reserve(rows.at(-1)?.seq ?? 0);
      if (!this.#maySend()) return;
      for (const row of plan.take(turn, rows)) this.#publish(plan, row, turn.stream);
      this.#watch();
    }
  }

  #rest(ms: number | undefined): void {
    if (ms !== undefined) this.#timers.set('rate', ms, () => this.#bell.ring());
  }

  #maySend(): boolean {
    return (
      this.bus.connected &&
      !this.#stopping.signal.aborted &&
      !this.#foreign &&
      !this.#timers.has('hold') &&
      !this.#timers.has('refusal')
    );
  }

  /** What may have been sent is known before it is, so that a copy of the database can be told from it. */
  async #reserve(seq: number): Promise<void> {
    if (seq <= this.#reserved) return;
    const mark = this.#heard ? seq + RESERVED : this.#shared;
    await this.outbox.reserve(mark);
    this.#reserved = mark;
  }

  #publish(plan: SendPlan, row: OutboxRow, stream: Stream): void {
    const { seq } = row;
    const { site, historicalAfterMs } = this.options;
    const historical = isHistorical(row, stream, this.clock(), historicalAfterMs);
    const record = recordOf(row, this.#epoch, plan.acked, historical);
    this.bus.publish('up', { site }, record).then(
      () => {
        plan.delivered(seq, performance.now());
        if (this.options.settleOn === 'puback') this.#advanced(plan.confirm(seq));
      },
      // It goes again: after the reconnect or, while connected, after a pause, since the next may be refused likewise.
      (error: unknown) => {
        this.log.debug({ seq, error: messageOf(error) }, 'not published');
        if (this.bus.connected && plan.refuse(seq))
          this.#timers.set('refusal', RETRY_MS, () => this.#bell.ring());
      },
    );
  }

  #acknowledge({ payload: acknowledgement, retained }: Received<'ack'>): void {
    if (this.#stopping.signal.aborted) return;
    const { epoch, seq } = acknowledgement;
    if (epoch !== this.#epoch || !this.#plan) {
      this.log.info({ epoch, seq }, 'ignored an acknowledgement for another epoch');
      return;
    }
    const acknowledged = this.#plan.acknowledge(acknowledgement);
    if (acknowledged === 'foreign') this.#foreign = acknowledgement;
    // What the broker kept may be older than what the relay knows by now.
    else if (!retained) this.#heard = true;
    this.#timers.clear('hold');
    this.#advanced(acknowledged);
  }

  #advanced(acknowledged: Acknowledged): void {
    if (acknowledged === 'progress') this.#stalls = 0;
    this.#bell.ring();
  }

  #connected(): void {
    this.#stalls = 0;
    const { settleOn, graceMs = 250 } = this.options;
    this.#timers.set('hold', settleOn === 'ack' ? graceMs : 0, () => this.#bell.ring());
    this.#timers.set('doubt', DOUBT_MS, () => this.#bell.ring());
  }

  #disconnected(): void {
    this.#timers.clear('stall');
    this.#timers.clear('refusal');
    this.#plan?.disconnect(this.options.settleOn === 'ack');
  }

  /** Looks again and again whether an acknowledgement is overdue, as long as one is due. */
  #watch(): void {
    if (this.#timers.has('stall') || !this.#plan?.inFlight) return;
    const { stallMs = 10_000 } = this.options;
    const silenceMs = stallMs * 2 ** Math.min(this.#stalls, 2);
    this.#timers.set('stall', (stallMs / 4) * (0.8 + 0.4 * Math.random()), () => {
      if (this.#plan?.isOverdue(performance.now(), silenceMs)) this.#probe(this.#plan);
      this.#watch();
    });
  }

  #probe(plan: SendPlan): void {
    if (this.#stalls++ === 0)
      this.log.warn({ acked: plan.acked, inFlight: plan.inFlight }, 'no acknowledgement');
    plan.probe();
    this.#bell.ring();
  }

  #complain(error: unknown): void {
    const now = performance.now();
    if (now - this.#lastLogged < LOG_EVERY_MS) return;
    this.#lastLogged = now;
    this.log.error({ error: messageOf(error) }, 'the outbox cannot be used for now');
  }
}
