import type { MessageBus } from '../../core/messaging/message-bus.js';
import { LogThrottle } from '../../core/runtime/log-throttle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { ENVELOPE_BYTES, fittedSummary } from '../store/fitted-payload.js';
import type { OutboxRow } from '../store/outbox.js';
import type { SendPlan } from './send-plan.js';
import { SwallowedRecord } from './swallowed-record.js';

const LOG_EVERY_MS = 60_000;

/** Makes records fit into what the broker accepts. */
export class RecordFitter {
  readonly #swallowed = new SwallowedRecord();
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);

  constructor(
    private readonly bus: MessageBus,
    private readonly site: string,
    private readonly log: Logger,
  ) {}

  /** A summary that is too large for the broker goes without its weakest detections, so that it does not hold up the others. */
  fitted(row: OutboxRow): OutboxRow {
    const names = { site: this.site };
    const maxBytes = Math.min(
      this.bus.maxPayloadBytes('up', names),
      this.#swallowed.maxBytesOf(row.seq),
    );
    if (!('summary' in row) || row.bytes <= maxBytes - ENVELOPE_BYTES) return row;
    const summary = fittedSummary(row.summary, maxBytes);
    if (summary === row.summary) return row;
    const { seq, bytes } = row;
    this.bus.shortened('up', names, bytes);
    if (this.#throttle.isDue('fitted'))
      this.log.warn(
        { seq, bytes, maxBytes, omitted: summary.omitted },
        'summary too large for the broker; sent without its weakest detections',
      );
    return { ...row, summary };
  }

  /** The relay has seen the record, though not as it was sent. */
  arrived(seq: number): void {
    this.#swallowed.arrived(seq);
  }

  /** A broker may confirm a record and drop it because of its size. Then the relay has later ones, but never this one. */
  checkSwallowed(plan: SendPlan): void {
    const lost = this.#swallowed.stalled(plan.oldestOverdue, plan.hasAhead);
    if (lost) this.bus.undelivered('up', { site: this.site }, lost.bytes);
  }
}
