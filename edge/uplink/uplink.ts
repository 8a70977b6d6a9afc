import { setTimeout as sleep } from 'node:timers/promises';
import { NIL_EPOCH } from '../../core/contract/summary.js';
import type { MessageBus, Received } from '../../core/messaging/message-bus.js';
import { AutoResetEvent } from '../../core/runtime/auto-reset-event.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import { LogThrottle } from '../../core/runtime/log-throttle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { Outbox, OutboxRow } from '../store/outbox.js';
import { CONFIRMATION_MS } from './epoch-guard.js';
import type { EpochSession } from './epoch-session.js';
import { Epochs } from './epochs.js';
import { RecordFitter } from './record-fitter.js';
import { isUnsendable, RecordSender } from './record-sender.js';
import { RelayAnswers } from './relay-answers.js';
import { RelayQuestions } from './relay-questions.js';
import { RelayWatch } from './relay-watch.js';
import type { AckOutcome, Stream } from './send-plan.js';
import { StallDetector } from './stall-detector.js';
import { Timers } from './timers.js';
import type { UplinkOptions, UplinkStatus } from './uplink-options.js';
import { WorkList } from './work-list.js';

const ACKNOWLEDGE_EVERY_MS = 250;
const RETRY_MS = 1_000;
const LOG_EVERY_MS = 60_000;
const HEARD_EVERY_MS = 60_000;

type TimerName = 'grace' | 'confirmation' | 'acknowledge' | 'rate' | 'refusal';

/**
 * Sends the outbox to the relay, at most a window ahead of what is acknowledged, and again from the last acknowledgement
 * after every reconnect. The outbox is the session; the MQTT client keeps nothing for it.
 */
export class Uplink implements Service {
  readonly name = 'uplink';
  readonly #wakeUp = new AutoResetEvent();
  readonly #stopping = new AbortController();
  readonly #timers = new Timers<TimerName>();
  readonly #stalls: StallDetector;
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);
  readonly #fitter: RecordFitter;
  readonly #sender: RecordSender;
  readonly #epochs: Epochs;
  #connectedAt = 0;
  /** Of the current epoch. */
  readonly #work = new WorkList(() => this.#wakeUp.set());
  readonly #answers: RelayAnswers;
  readonly #watch = new RelayWatch();
  readonly #heard = new LogThrottle(HEARD_EVERY_MS);
  #listeners: (() => void)[] = [];
  #running: Promise<void> = Promise.resolve();

  /** `clock` gives 0 while the time cannot be trusted. */
  constructor(
    private readonly bus: MessageBus,
    private readonly outbox: Outbox,
    private readonly options: UplinkOptions,
    private readonly log: Logger,
    clock: Clock = systemClock,
  ) {
    const { stallMs = 10_000 } = options;
    this.#stalls = new StallDetector({ stallMs, onStall: (isFirst) => this.#probe(isFirst) });
    this.#epochs = new Epochs(outbox, options, log, () => {
      this.#stalls.stop();
      this.#work.clear();
    });
    this.#fitter = new RecordFitter(bus, options.site, log);
    this.#sender = new RecordSender(bus, this.#fitter, options, clock);
    const questions = new RelayQuestions(bus, outbox, options.site, log);
    this.#answers = new RelayAnswers({
      ...{ site: options.site, outbox, work: this.#work, log },
      session: () => this.#session,
      restart: (state) => this.#epochs.start(state),
      held: (seq) => this.#fitter.arrived(seq),
      ask: () => questions.ask(),
      again: (seq) => {
        this.#fitter.arrived(seq);
        this.#session?.plan.refuse(seq);
      },
      probe: () => questions.sendNewestAcknowledged(),
    });
  }

  async start(): Promise<void> {
    const { site } = this.options;
    await this.#epochs.begin().catch((error: unknown) => this.#logFailure(error));
    if (this.#awaitsRelay)
      this.bus.subscribe('ack', { site }, (ack) => this.#onAcknowledgement(ack));
    this.#listeners = [
      this.bus.onConnect(() => this.#onConnected()),
      this.bus.onDisconnect(() => this.#onDisconnected()),
    ];
    if (this.bus.connected) this.#onConnected();
    this.#wakeUp.set();
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    for (const cancel of this.#listeners.splice(0)) cancel();
    this.#stopping.abort();
    this.#wakeUp.set();
    await this.#running;
    this.#timers.clearAll();
    this.#stalls.stop();
    this.#answers.clear();
    await this.#storeAcknowledged();
  }

  /** Call it after a commit that added to the outbox. */
  wake(): void {
    this.#wakeUp.set();
  }

  async status(): Promise<UplinkStatus> {
    const { epoch, lastSeq, ackedSeq } = await this.outbox.state();
    const session = this.#session;
    const plan = session?.plan;
    const problem =
      (session && this.#answers.problem(session)) ??
      this.#watch.problem(plan, this.options.silentMs);
    return {
      connected: this.bus.connected,
      epoch,
      ...(await this.outbox.depth()),
      ackedSeq: Math.max(ackedSeq, plan?.acked ?? 0),
      lastSeq,
      inFlight: plan?.inFlight ?? 0,
      conflicts: this.#answers.conflicts,
      problem: this.bus.connected ? problem : undefined,
    };
  }

  get #session(): EpochSession | undefined {
    return this.#epochs.session;
  }

  get #awaitsRelay(): boolean {
    return this.options.settleOn === 'ack';
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#wakeUp.wait();
      try {
        if (!this.#session) await this.#epochs.begin();
        await this.#checkEpoch();
        await this.#work.run();
        await this.#send();
        await this.#storeAcknowledged();
        await this.#observe();
      } catch (error) {
        this.#logFailure(error);
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
        this.#wakeUp.set();
      }
    }
  }

  async #checkEpoch(): Promise<void> {
    const session = this.#session;
    if (session && !session.guard.isConfirmed && this.#maySend()) await this.#checkSilence(session);
    await this.#epochs.endIfDoubtful();
  }

  /** Gives the relay time to confirm the epoch after a connection. */
  async #checkSilence(session: EpochSession): Promise<void> {
    const silenceMs = performance.now() - this.#connectedAt;
    if (silenceMs >= CONFIRMATION_MS) await session.checkSilence(silenceMs);
    else this.#wakeIn('confirmation', CONFIRMATION_MS - silenceMs);
  }

  /** Not for every acknowledgement: a commit each would slow the sending, and a row that stays a moment longer does no harm. */
  async #storeAcknowledged(): Promise<void> {
    if (!this.#session?.hasUnstored || this.#timers.has('acknowledge')) return;
    await this.#session.storeAcknowledged();
    this.#wakeIn('acknowledge', ACKNOWLEDGE_EVERY_MS);
  }

  async #send(): Promise<void> {
    while (this.#session && this.#maySend()) {
      const { plan } = this.#session;
      const batch = await this.#session.nextBatch();
      if (!batch) {
        const waitMs = plan.waitMs(performance.now());
        if (waitMs !== undefined) this.#wakeIn('rate', waitMs);
        return;
      }
      const rows = await this.#session.rowsOf(batch);
      if (!this.#maySend()) return;
      for (const row of plan.take(batch, rows)) this.#publish(this.#session, row, batch.stream);
      this.#stalls.watch(plan);
    }
  }

  #maySend(): boolean {
    return (
      this.bus.connected &&
      !this.#stopping.signal.aborted &&
      !this.#session?.guard.end &&
      !this.#timers.has('grace') &&
      !this.#timers.has('refusal')
    );
  }

  #publish(session: EpochSession, row: OutboxRow, stream: Stream): void {
    const { plan } = session;
    const { seq } = row;
    this.#sender.send(session, row, stream).then(
      () => {
        plan.delivered(seq, performance.now());
        if (!this.#awaitsRelay) this.#onProgress(plan.confirm(seq));
      },
      // It goes again: after the reconnect or, while connected, after a pause, since the next may be refused as well.
      (error: unknown) => {
        if (isUnsendable(error)) return this.#answers.setAside(seq, messageOf(error));
        this.log.debug({ seq, error: messageOf(error) }, 'record not published; it goes again');
        if (this.bus.connected && plan.refuse(seq)) this.#wakeIn('refusal', RETRY_MS);
      },
    );
  }

  #onAcknowledgement({ payload: acknowledgement, retained }: Received<'ack'>): void {
    if (this.#stopping.signal.aborted) return;
    const { epoch, seq } = acknowledgement;
    if (epoch !== this.#session?.guard.epoch) {
      if (epoch !== NIL_EPOCH)
        this.log.info({ epoch, seq }, 'acknowledgement of another epoch ignored');
      this.#answers.readOfOtherEpoch(acknowledgement, retained);
      return;
    }
    this.#timers.clear('grace');
    const { plan } = this.#session;
    const { acked } = plan;
    const outcome = this.#answers.read(this.#session, acknowledgement, retained);
    if (plan.acked > acked) this.#watch.progressed();
    if (!retained && this.#heard.isDue('')) this.#work.add(() => this.outbox.heard());
    this.#onProgress(outcome);
  }

  #onProgress(outcome: AckOutcome): void {
    if (outcome === 'progress') this.#stalls.reset();
    this.#wakeUp.set();
  }

  #onConnected(): void {
    const { graceMs = 250 } = this.options;
    this.#stalls.reset();
    this.#connectedAt = performance.now();
    this.#wakeIn('grace', this.#awaitsRelay ? graceMs : 0);
  }

  #onDisconnected(): void {
    this.#stalls.stop();
    this.#timers.clear('refusal');
    this.#session?.plan.disconnect(this.#awaitsRelay);
    this.#answers.clear();
    this.#wakeUp.set();
  }

  #probe(isFirst: boolean): void {
    if (!this.#session) return;
    const { plan } = this.#session;
    if (isFirst)
      this.log.warn(
        { acked: plan.acked, inFlight: plan.inFlight },
        'acknowledgements overdue; sending one record again',
      );
    this.#fitter.checkSwallowed(plan);
    plan.probe(isFirst ? 1 : 2);
    this.#wakeUp.set();
  }

  async #observe(): Promise<void> {
    const { lastSeq } = await this.outbox.state();
    const isWaiting = this.#awaitsRelay && lastSeq > (this.#session?.plan.acked ?? 0);
    this.#watch.update(this.bus.connected, isWaiting);
  }

  #wakeIn(timer: TimerName, ms: number): void {
    this.#timers.set(timer, ms, () => this.#wakeUp.set());
  }

  #logFailure(error: unknown): void {
    if (this.#throttle.isDue('outbox'))
      this.log.error({ error: messageOf(error) }, 'outbox cannot be read or written; retrying');
  }
}
