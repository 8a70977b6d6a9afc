import { type MessageBus, MessagingError } from '../../core/messaging/message-bus.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { OutboxRow } from '../store/outbox.js';
import type { EpochSession } from './epoch-session.js';
import type { RecordFitter } from './record-fitter.js';
import { isHistorical, recordOf } from './record-of.js';
import type { Stream } from './send-plan.js';
import type { UplinkOptions } from './uplink-options.js';

/** However often it is sent. A RangeError is that of JSON which is nested too deeply. */
export const isUnsendable = (error: unknown): boolean =>
  error instanceof RangeError ||
  (error instanceof MessagingError && error.code === 'payload_too_large');

/** Publishes rows of the outbox as records. */
export class RecordSender {
  constructor(
    private readonly bus: MessageBus,
    private readonly fitter: RecordFitter,
    private readonly options: Pick<UplinkOptions, 'site' | 'historicalAfterMs'>,
    private readonly clock: Clock,
  ) {}

  /** Rejects too if no record can be made of the row. */
  async send({ plan, guard, first }: EpochSession, row: OutboxRow, stream: Stream) {
    const { site, historicalAfterMs } = this.options;
    const historical = isHistorical(row, stream, this.clock(), historicalAfterMs);
    const fitted = this.fitter.fitted(row);
    const record = recordOf(fitted, guard.epoch, { acked: plan.acked, first }, historical);
    await this.bus.publish('up', { site }, record);
  }
}
