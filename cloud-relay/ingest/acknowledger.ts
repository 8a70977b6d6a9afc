import { MAX_AHEAD } from '../../core/contract/summary.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { Mark } from '../store/ledger-table.js';

/**
 * Publishes how far each outbox is settled. While one acknowledgement is under way, the later ones for the same
 * outbox are merged into the last. One that cannot be published is dropped: the appliance sends again, and
 * is acknowledged then.
 *
 * With several relays, an older acknowledgement may be published after a newer one, and be the one that is
 * retained. It is still true, since nothing that is settled ever becomes unsettled: an appliance that knows better
 * ignores it, and one that starts from it sends some records again, which are then acknowledged anew.
 */
export class Acknowledger {
  /** The newest mark of each outbox with an acknowledgement under way; at most one entry each. */
  readonly #due = new Map<string, Mark | undefined>();

  constructor(
    private readonly bus: MessageBus,
    private readonly log: Logger,
  ) {}

  acknowledge(marks: Mark[]): void {
    for (const mark of marks) {
      const key = `${mark.site}/${mark.epoch}`;
      const underWay = this.#due.has(key);
      this.#due.set(key, mark);
      if (!underWay) void this.#publish(key);
    }
  }

  async #publish(key: string): Promise<void> {
    for (let mark = this.#due.get(key); mark; mark = this.#due.get(key)) {
      this.#due.set(key, undefined);
      const { site, epoch, mark: seq } = mark;
      const ahead = mark.ahead
        .slice(0, MAX_AHEAD)
        .map(([from, to]): [number, number] => [from, to]);
      const payload = { epoch, seq, ...(ahead.length > 0 && { ahead }) };
      await this.bus.publish('ack', { site }, payload).catch((error: unknown) => {
        this.log.debug({ site, seq, error: messageOf(error) }, 'could not acknowledge');
      });
    }
    this.#due.delete(key);
  }
}
