import { setTimeout as sleep } from 'node:timers/promises';
import type { Acknowledgement } from '../../core/contract/summary.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { Outbox, OutboxRow } from '../store/outbox.js';
import { Bell } from './bell.js';
import { ContiguousMark } from './contiguous-mark.js';
import { SendWindow } from './send-window.js';

export interface UplinkOptions {
  site: string;
  /** What settles a row: the relay's acknowledgement or, where no relay listens, the broker's PUBACK. */
  settleOn: 'ack' | 'puback';
  /** Records that may be under way unsettled. */
  window?: number;
  /** Silence after which an unsettled record goes again. Grows up to four times as long while it lasts. */
  stallMs?: number;
  /** Time for the retained acknowledgement to arrive after a connection, before anything is sent. */
  graceMs?: number;
}

export interface UplinkStatus {
  connected: boolean;
  epoch: string;
  /** Summaries that are not settled. */
  depth: number;
  oldestSeconds: number | null;
  ackedSeq: number;
  lastSeq: number;
  inFlight: number;
}

/** Rows read at once; memory does not grow with what waits. */
const PAGE = 64;
const SETTLE_EVERY_MS = 250;
const RETRY_MS = 1_000;
const LOG_EVERY_MS = 60_000;

/**
 * Sends the outbox to the relay: in order, at most a window ahead of what is settled, again from the last
 * acknowledgement after every reconnect. The outbox is the session; the MQTT client keeps nothing for it.
 */
export class Uplink implements Service {
  readonly name = 'uplink';
  readonly #bell = new Bell();
  readonly #stopping = new AbortController();
  readonly #size: number;
  #epoch = '';
  #window: SendWindow;
  /** What the outbox has been told; it may be a little behind the window. */
  #settled = 0;
  #confirmed = new ContiguousMark(0);
  #foreignAck = false;
  #holdTimer: NodeJS.Timeout | undefined;
  #settleTimer: NodeJS.Timeout | undefined;
  #stallTimer: NodeJS.Timeout | undefined;
  #stalls = 0;
  #lastLogged = -LOG_EVERY_MS;
  #listeners: (() => void)[] = [];
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: MessageBus,
    private readonly outbox: Outbox,
    private readonly options: UplinkOptions,
    private readonly log: Logger,
    private readonly clock: Clock = systemClock,
  ) {
    this.#size = options.window ?? 256;
    this.#window = new SendWindow(this.#size, 0, 0);
  }

  async start(): Promise<void> {
    await this.#load();
    const { site, settleOn } = this.options;
    if (settleOn === 'ack')
      this.bus.subscribe('ack', { site }, ({ payload }) => this.#acknowledge(payload));
    this.#listeners = [
      this.bus.onConnect(() => this.#connected()),
      this.bus.onDisconnect(() => clearTimeout(this.#stallTimer)),
    ];
    if (this.bus.connected) this.#connected();
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    for (const cancel of this.#listeners.splice(0)) cancel();
    this.#stopping.abort();
    clearTimeout(this.#stallTimer);
    this.#release();
    await this.#running;
    clearTimeout(this.#settleTimer);
    this.#settleTimer = undefined;
    await this.#settle();
  }

  /** There is something new in the outbox. */
  wake(): void {
    this.#bell.ring();
  }

  async status(): Promise<UplinkStatus> {
    const { lastSeq } = await this.outbox.state();
    const { acked: ackedSeq, inFlight } = this.#window;
    const oldest = await this.outbox.addedAfter(ackedSeq);
    return {
      connected: this.bus.connected,
      epoch: this.#epoch,
      depth: lastSeq - ackedSeq,
      oldestSeconds:
        oldest === undefined ? null : Math.max(0, Math.round((this.clock() - oldest) / 1000)),
      ackedSeq,
      lastSeq,
      inFlight,
    };
  }

  async #load(): Promise<void> {
    const { epoch, ackedSeq, lastSeq } = await this.outbox.state();
    this.#epoch = epoch;
    this.#settled = ackedSeq;
    this.#window = new SendWindow(this.#size, ackedSeq, lastSeq);
    this.#confirmed.restart(ackedSeq);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#bell.wait();
      try {
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

  async #renewEpoch(): Promise<void> {
    if (!this.#foreignAck) return;
    await this.outbox.settle(this.#window.acked);
    await this.outbox.startNewEpoch();
    this.#foreignAck = false;
    await this.#load();
    this.log.warn(
      { epoch: this.#epoch },
      'the relay knows more than this outbox ever sent: the database is an older copy, so a new epoch begins',
    );
  }

  /** Not for every acknowledgement: a commit each would slow the sending, and a row that stays a moment longer harms nothing. */
  async #settle(): Promise<void> {
    const { acked } = this.#window;
    if (acked <= this.#settled || this.#settleTimer) return;
    await this.outbox.settle(acked);
    this.#settled = acked;
    this.#settleTimer = setTimeout(() => {
      this.#settleTimer = undefined;
      this.#bell.ring();
    }, SETTLE_EVERY_MS);
  }

  async #send(): Promise<void> {
    while (this.#maySend()) {
      const window = this.#window;
      const from = window.sent;
      const rows = await this.outbox.page(from, Math.min(PAGE, window.room));
      if (rows.length === 0) return;
      // A reconnect or an acknowledgement in the meantime moves the place to go on from.
      if (window.sent !== from || !this.#maySend()) continue;
      for (const row of rows) this.#publish(row);
      if (!this.#stallTimer) this.#watch();
    }
  }

  #maySend(): boolean {
    return (
      this.bus.connected &&
      !this.#stopping.signal.aborted &&
      !this.#foreignAck &&
      this.#window.room > 0 &&
      this.#holdTimer === undefined
    );
  }

  #publish({ seq, summary }: OutboxRow): void {
    const epoch = this.#epoch;
    this.#window.send(seq);
    this.bus
      .publish(
        'up',
        { site: this.options.site },
        { v: 1, epoch, seq, first: this.#window.acked + 1, summary },
      )
      .then(
        () => {
          if (this.options.settleOn === 'puback')
            this.#acknowledge({ epoch, seq: this.#confirmed.confirm(seq) });
        },
        // It goes again: after the reconnect, or when the silence has lasted long enough.
        (error: unknown) => this.log.debug({ seq, error: messageOf(error) }, 'not published'),
      );
  }

  #acknowledge({ epoch, seq }: Acknowledgement): void {
    if (epoch !== this.#epoch) {
      this.log.info({ epoch, seq }, 'ignored an acknowledgement for another epoch');
      return;
    }
    const acknowledged = this.#window.acknowledge(seq);
    if (acknowledged === 'foreign') this.#foreignAck = true;
    if (acknowledged === 'progress') {
      this.#stalls = 0;
      this.#watch();
    }
    this.#release();
  }

  #connected(): void {
    this.#window.rewind();
    this.#confirmed.restart(this.#window.acked);
    this.#stalls = 0;
    this.#watch();
    clearTimeout(this.#holdTimer);
    const graceMs = this.options.settleOn === 'ack' ? (this.options.graceMs ?? 250) : 0;
    this.#holdTimer = setTimeout(() => this.#release(), graceMs);
  }

  #release(): void {
    clearTimeout(this.#holdTimer);
    this.#holdTimer = undefined;
    this.#bell.ring();
  }

  /** Starts to wait for the next acknowledgement, as long as one is due. */
  #watch(): void {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
    if (this.#window.inFlight === 0 || this.#stopping.signal.aborted) return;
    const silence = (this.options.stallMs ?? 30_000) * 2 ** Math.min(this.#stalls, 2);
    const jitter = 0.8 + 0.4 * Math.random();
    this.#stallTimer = setTimeout(() => this.#stalled(), silence * jitter).unref();
  }

  #stalled(): void {
    this.#stallTimer = undefined;
    if (!this.bus.connected || this.#window.inFlight === 0) return;
    this.log.warn({ acked: this.#window.acked, sent: this.#window.sent }, 'no acknowledgement');
    this.#stalls++;
    this.#window.probe();
    this.#confirmed.restart(this.#window.acked);
    this.#bell.ring();
  }

  #complain(error: unknown): void {
    const now = performance.now();
    if (now - this.#lastLogged < LOG_EVERY_MS) return;
    this.#lastLogged = now;
    this.log.error({ error: messageOf(error) }, 'the outbox cannot be used for now');
  }
}
