import { setTimeout as delay } from 'node:timers/promises';
import type { NotificationMessage } from '../contract/notification-delivery.js';
import type { NotificationWay } from '../contract/notification-way.js';
import type { Clock } from '../runtime/clock.js';
import { messageOf } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import type { Definitions } from './definitions.js';
import { deliveryTable } from './delivery-table.js';
import { RateLimit } from './rate-limit.js';
import { type Attempt, recordAttempt } from './record-attempt.js';
import type { DeliveryRow, NotificationDb } from './tables.js';
import { wayStateTable } from './way-state-table.js';
import { failure, type Outcome } from './ways/outcome.js';

/** Sends one message one way. Never rejects. */
export type SendMessage = (
  way: NotificationWay,
  message: NotificationMessage,
  image: string | null,
  signal: AbortSignal,
) => Promise<Outcome>;

export interface SenderOptions {
  db: NotificationDb;
  definitions: Definitions;
  send: SendMessage;
  /** Whether other processes send from the same database; otherwise claims of a process before are void. */
  isShared: boolean;
  now: Clock;
  wall: Clock;
  log: Logger;
  everyMs?: number;
}

const EVERY_MS = 1_000;
/** Longer than an attempt takes at most. */
const CLAIM_MS = 120_000;
/** A pause that ends later was begun before the clock was set. */
const MAX_PAUSE_MS = 86_400_000;
const LOG_EVERY_MS = 600_000;
const STOP_MS = 3_000;

/**
 * Sends the messages that wait: each way for itself, one message at a time, oldest first. A way that fails pauses and is
 * then tried with one message; the others go on. A message is marked as delivered after the receiver's answer, so that a
 * crash in between sends it again with the same id.
 */
export class NotificationSender implements Service {
  readonly name = 'notification sender';
  readonly #busy = new Map<string, Promise<void>>();
  readonly #limits = new Map<string, RateLimit>();
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: SenderOptions) {}

  async start(): Promise<void> {
    const { db, isShared, everyMs = EVERY_MS } = this.options;
    if (!isShared) await deliveryTable.endClaims(db);
    this.#timer = setInterval(() => this.wake(), everyMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#abort.abort();
    // A mail server may take its time; its message is sent again after the next start.
    await Promise.race([this.idle(), delay(STOP_MS, undefined, { ref: false })]);
  }

  /** Something may be due. */
  wake(): void {
    if (this.#abort.signal.aborted) return;
    const { definitions } = this.options;
    for (const way of definitions.ways) {
      if (!way.enabled || this.#busy.has(way.id)) continue;
      // Another relay may have its secrets: an attempt from here would only make the way pause.
      if (definitions.problemOf(way.id) !== undefined) continue;
      const work = this.#sendDue(way).finally(() => this.#busy.delete(way.id));
      this.#busy.set(way.id, work);
    }
  }

  /** Resolves once nothing is being sent. */
  async idle(): Promise<void> {
    await Promise.all(this.#busy.values());
  }

  async #sendDue(way: NotificationWay): Promise<void> {
    try {
      while (!this.#abort.signal.aborted && (await this.#sendNext(way)));
    } catch (error) {
      if (this.#throttle.isDue(`${way.id} database`))
        this.options.log.error(
          { way: way.id, error: messageOf(error) },
          'notifications could not be read or updated',
        );
    }
  }

  /** False if nothing is due. */
  async #sendNext(way: NotificationWay): Promise<boolean> {
    const { db, now, send } = this.options;
    const { paused_until: pausedUntil } = await wayStateTable.of(db, way.id);
    const isPaused = now() < pausedUntil && pausedUntil <= now() + MAX_PAUSE_MS;
    if (isPaused || !this.#limitOf(way).allows(now())) return false;
    const row = await deliveryTable.claim(db, way.id, now(), now() + CLAIM_MS);
    if (!row) return false;
    this.#limitOf(way).count(now());
    const message = contentOf(row);
    const image = row.picture_refused ? null : row.image;
    const outcome = message
      ? await send(way, message, image, this.#abort.signal)
      : failure('the stored message cannot be read', { scope: 'message' });
    if (this.#abort.signal.aborted && !outcome.ok) {
      await deliveryTable.update(db, row.id, { claimed_until: 0 });
      return false;
    }
    await this.#record({ way, row, outcome });
    return outcome.ok || outcome.scope !== 'way';
  }

  async #record(attempt: Attempt): Promise<void> {
    const { db, now, wall, log } = this.options;
    const { way, outcome } = attempt;
    await recordAttempt(db, attempt, { now, wall });
    if (outcome.ok) return;
    if (this.#throttle.isDue(way.id))
      log.warn(
        { way: way.id, kind: way.kind, error: outcome.answer },
        'notification not delivered; it is tried again',
      );
  }

  #limitOf({ id, maxPerMinute }: NotificationWay): RateLimit {
    const known = this.#limits.get(id);
    if (known?.perMinute === maxPerMinute) return known;
    const limit = new RateLimit(maxPerMinute);
    this.#limits.set(id, limit);
    return limit;
  }
}

function contentOf({ message }: DeliveryRow): NotificationMessage | undefined {
  try {
    return JSON.parse(message) as NotificationMessage;
  } catch {
    return undefined;
  }
}
