import { type Dropped, summaryForWire, type UplinkRecord } from '../../core/contract/summary.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { Outbox } from '../store/outbox.js';

/** What the appliance publishes to learn what the relay has. Every version of the relay answers. */
export class RelayQuestions {
  constructor(
    private readonly bus: MessageBus,
    private readonly outbox: Outbox,
    private readonly site: string,
    private readonly log: Logger,
  ) {}

  /** The relay answers the availability of a site with an acknowledgement of the epoch that reported last. */
  ask(): void {
    this.bus
      .publish('siteAvailability', { site: this.site }, 'online')
      .catch((error: unknown) =>
        this.log.debug({ error: messageOf(error) }, 'the relay could not be asked'),
      );
  }

  /**
   * The relay has this record, if it has everything that it acknowledged of this epoch. If not, its answer shows what it
   * has.
   */
  async sendNewestAcknowledged(): Promise<void> {
    const { epoch, ackedSeq: seq } = await this.outbox.state();
    if (seq === 0) return;
    const summary = await this.outbox.kept.newest();
    const first = await this.outbox.kept.lowestHeld(epoch, seq);
    const head = { v: 1, epoch, seq } as const;
    const record: UplinkRecord = summary
      ? { ...head, first: Math.min(first, seq), summary: summaryForWire(summary) }
      : { ...head, first: 1, dropped: markOf(seq) };
    await this.bus.publish('up', { site: this.site }, record).catch(() => undefined);
  }
}

/** For a number that the relay has acknowledged; it ignores the mark if it still has it. */
const markOf = (seq: number): Dropped => ({
  ...{ from: seq, to: seq, count: 1 },
  ...{ reason: 'age', cause: 'forgotten' },
});
