import { v7 as uuid } from 'uuid';
import type { NotificationMessage } from '../contract/notification-delivery.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import { deliveryTable } from './delivery-table.js';
import type { DeliveryRow, NotificationDb } from './tables.js';
import { totalTable } from './total-table.js';
import { wayStateTable } from './way-state-table.js';

export interface QueueLimits {
  /** Of all ways together, and of one. */
  maxWaiting: number;
  maxWaitingEach: number;
  /** Of the messages that wait for one way. */
  maxBytesEach: number;
  /** After this time a message is not sent any more. */
  maxAgeMs: number;
  /** Messages that ended, as a history. */
  keep: number;
  keepMs: number;
}

const DAY_MS = 86_400_000;

export const queueLimits: QueueLimits = {
  maxWaiting: 10_000,
  maxWaitingEach: 2_000,
  maxBytesEach: 8_000_000,
  maxAgeMs: 3 * DAY_MS,
  keep: 2_000,
  keepMs: 30 * DAY_MS,
};

export interface QueueOptions {
  limits: QueueLimits;
  /** Milliseconds that nobody sets; for several processes on one database, the wall clock. */
  now: Clock;
  wall: Clock;
  log: Logger;
}

/** Rows dropped at a time. */
const CHUNK = 100;

/**
 * Messages that wait, in the database. Each way has a part of it, so that a receiver that is down keeps only its own
 * messages waiting. At a bound the oldest messages are dropped: counted, and listed as dropped.
 */
export class NotificationQueue {
  constructor(readonly options: QueueOptions) {}

  /** Adds a message for each of the ways, in the caller's transaction. */
  async add(
    trx: NotificationDb,
    ways: readonly string[],
    messageFor: (id: string) => NotificationMessage,
    image: string | null,
  ): Promise<void> {
    const { now, wall } = this.options;
    for (const way of new Set(ways)) {
      const id = uuid();
      const content = messageFor(id);
      const message = JSON.stringify(content);
      const queuedAt = now();
      await deliveryTable.insert(trx, {
        ...{ id, way, rule: content.rule.id, event: content.event, message, image },
        state: 'waiting',
        created_at: wall(),
        queued_due: queuedAt,
        next_due: queuedAt,
        attempts: 0,
        claimed_until: 0,
        bytes: Buffer.byteLength(message),
        picture_refused: 0,
        answered_at: null,
        answer_ok: 0,
        answer: null,
      });
    }
  }

  /** Drops what is too old, and forgets what ended long ago. */
  async trim(db: NotificationDb): Promise<void> {
    const { limits, now, wall } = this.options;
    const days = Math.round((limits.maxAgeMs / DAY_MS) * 10) / 10;
    await db.transaction().execute(async (trx) => {
      const old = await deliveryTable.queuedBefore(trx, now() - limits.maxAgeMs, 10 * CHUNK);
      await this.drop(trx, old, `dropped: not delivered within ${days} days`);
      await deliveryTable.trimHistory(trx, limits.keep, wall() - limits.keepMs);
    });
  }

  /** Ends messages unsent, with the reason as their answer. */
  async drop(trx: NotificationDb, rows: readonly DeliveryRow[], reason: string): Promise<void> {
    const { wall, log } = this.options;
    const byWay = new Map<string, number>();
    for (const { id, way, attempts, answer } of rows) {
      const last = attempts > 0 && answer ? `; the last answer was: ${answer}` : '';
      await deliveryTable.update(trx, id, {
        state: 'dropped',
        answered_at: wall(),
        answer_ok: 0,
        answer: `${reason}${last}`,
      });
      byWay.set(way, (byWay.get(way) ?? 0) + 1);
    }
    for (const [way, count] of byWay) {
      await wayStateTable.countDropped(trx, way, count);
      log.warn({ way, count, reason }, 'notifications dropped');
    }
    await totalTable.add(trx, 'dropped', rows.length);
  }

  /** Call it at the end of a transaction that adds messages. */
  async keepWithinBounds(trx: NotificationDb): Promise<void> {
    const { maxWaiting, maxWaitingEach, maxBytesEach } = this.options.limits;
    const backlogs = await deliveryTable.backlogs(trx);
    let all = 0;
    for (const [way, { rows, bytes }] of backlogs) {
      const perRow = Math.max(1, bytes / rows);
      const overBytes = Math.ceil((bytes - maxBytesEach) / perRow);
      const excess = Math.max(0, rows - maxWaitingEach, overBytes);
      const dropped = await this.#dropOldest(trx, way, excess, 'for this way');
      all += rows - dropped;
      backlogs.set(way, { rows: rows - dropped, bytes });
    }
    if (all <= maxWaiting) return;
    const [fullest] = [...backlogs].sort((a, b) => b[1].rows - a[1].rows);
    if (fullest) await this.#dropOldest(trx, fullest[0], all - maxWaiting, 'of all ways');
  }

  async #dropOldest(trx: NotificationDb, way: string, count: number, what: string) {
    if (count <= 0) return 0;
    const rows = await deliveryTable.oldest(trx, way, this.options.now(), count);
    await this.drop(trx, rows, `dropped: too many messages wait ${what}`);
    return rows.length;
  }
}
