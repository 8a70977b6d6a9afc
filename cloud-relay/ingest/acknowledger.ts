import { type Acknowledgement, MAX_AHEAD, MAX_REFUSALS } from '../../core/contract/summary.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Logger } from '../../core/runtime/logger.js';
import { type Range, type Ranges, union } from '../../core/runtime/ranges.js';
import type { LedgerEntry, OutboxId } from '../store/ledger-table.js';
import { Refusals } from './refusals.js';

export interface LostRanges extends OutboxId {
  ranges: Ranges;
}

/**
 * Publishes the watermark of each outbox. While one acknowledgement is being published, later ones for the same
 * outbox are merged into the last. One that cannot be published is dropped: the appliance sends again, and is
 * acknowledged then.
 *
 * With several relays, an older acknowledgement may be published after a newer one, and be the one that is retained.
 * It is still true, since a watermark never moves back: an appliance that has a newer one asks again, and one that
 * starts from it sends some records again, which are acknowledged again.
 */
export class Acknowledger {
  /** The newest entry of each outbox whose acknowledgement is being published; at most one for each. */
  readonly #pending = new Map<string, LedgerEntry | undefined>();
  /** To be named in the next acknowledgement of the outbox. */
  readonly #lost = new Map<string, Ranges>();
  readonly #held = new Map<string, number[]>();
  readonly refusals = new Refusals();

  constructor(
    private readonly bus: MessageBus,
    private readonly log: Logger,
  ) {}

  /** `lost` names what the batch found to be lost. */
  acknowledge(entries: LedgerEntry[], lost: LostRanges[] = []): void {
    for (const { ranges, ...outbox } of lost)
      this.#lost.set(keyOf(outbox), union(this.#lost.get(keyOf(outbox)) ?? [], ranges));
    for (const entry of entries) {
      const key = keyOf(entry);
      const isPublishing = this.#pending.has(key);
      this.#pending.set(key, entry);
      if (!isPublishing) void this.#publish(key);
    }
  }

  /** Acknowledges, and names records that arrived and are not stored now. */
  hold(entry: LedgerEntry, seqs: number[]): void {
    this.#held.set(keyOf(entry), seqs.toSorted((a, b) => a - b).slice(0, MAX_REFUSALS));
    this.acknowledge([entry]);
  }

  async #publish(key: string): Promise<void> {
    for (let entry = this.#pending.get(key); entry; entry = this.#pending.get(key)) {
      this.#pending.set(key, undefined);
      const { site, watermark: seq } = entry;
      await this.bus.publish('ack', { site }, this.#payloadOf(entry)).catch((error: unknown) => {
        this.log.debug({ site, seq, error: messageOf(error) }, 'cannot publish acknowledgement');
      });
    }
    this.#pending.delete(key);
  }

  #payloadOf(entry: LedgerEntry): Acknowledgement {
    const { epoch, watermark: seq } = entry;
    const ahead = listed(entry.ahead);
    const lost = listed(this.#lost.get(keyOf(entry)) ?? []);
    this.#lost.delete(keyOf(entry));
    const refused = this.refusals.of(entry);
    const held = this.#held.get(keyOf(entry));
    this.#held.delete(keyOf(entry));
    return {
      epoch,
      seq,
      ...(ahead.length > 0 && { ahead }),
      ...(refused.length > 0 && { refused }),
      ...(lost.length > 0 && { lost }),
      ...(held && { held }),
    };
  }
}

const keyOf = ({ site, epoch }: OutboxId): string => `${site}/${epoch}`;

const listed = (ranges: Ranges): [number, number][] =>
  ranges.slice(0, MAX_AHEAD).map(([from, to]: Range) => [from, to]);
