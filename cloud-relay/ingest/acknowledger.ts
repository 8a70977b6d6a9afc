import { MAX_AHEAD } from '../../core/contract/summary.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { LedgerEntry } from '../store/ledger-table.js';

/**
 * Publishes the watermark of each outbox. While one acknowledgement is being published, later ones for the same
 * outbox are merged into the last. One that cannot be published is dropped: the appliance sends again, and is
 * acknowledged then.
 *
 * With several relays, an older acknowledgement may be published after a newer one, and be the one that is retained.
 * It is still true, since a watermark never moves back: an appliance that has a newer one ignores it, and one that
 * starts from it sends some records again, which are acknowledged again.
 */
export class Acknowledger {
  /** The newest entry of each outbox whose acknowledgement is being published; at most one for each. */
  readonly #pending = new Map<string, LedgerEntry | undefined>();

  constructor(
    private readonly bus: MessageBus,
    private readonly log: Logger,
  ) {}

  acknowledge(entries: LedgerEntry[]): void {
    for (const entry of entries) {
      const key = `${entry.site}/${entry.epoch}`;
      const isPublishing = this.#pending.has(key);
      this.#pending.set(key, entry);
      if (!isPublishing) void this.#publish(key);
    }
  }

  async #publish(key: string): Promise<void> {
    for (let entry = this.#pending.get(key); entry; entry = this.#pending.get(key)) {
      this.#pending.set(key, undefined);
      const { site, epoch, watermark: seq } = entry;
      const ahead = entry.ahead
        .slice(0, MAX_AHEAD)
        .map(([from, to]): [number, number] => [from, to]);
      const payload = { epoch, seq, ...(ahead.length > 0 && { ahead }) };
      await this.bus.publish('ack', { site }, payload).catch((error: unknown) => {
        this.log.debug({ site, seq, error: messageOf(error) }, 'cannot publish acknowledgement');
      });
    }
    this.#pending.delete(key);
  }
}
