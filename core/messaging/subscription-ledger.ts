import type { Client } from 'aedes';

export interface SubscriptionLimits {
  /** Subscriptions in all. */
  maxSubscriptions: number;
  maxSubscriptionsPerClient: number;
  /** Subscriptions of all clients at one address; sites have accounts of their own. */
  maxSubscriptionsPerAddress: number;
  /** Bytes of a topic or of a filter. */
  maxTopicBytes: number;
}

/** The subscriptions of a broker's clients, so that no client has more than its share. */
export class SubscriptionLedger {
  readonly #clients = new Map<Client, { group: string; filters: Set<string> }>();
  readonly #groups = new Map<string, number>();
  #total = 0;

  constructor(private readonly limits: SubscriptionLimits) {}

  /** False if a limit is reached. One that the client has already costs nothing. */
  add(client: Client, group: string, filter: string): boolean {
    const { maxSubscriptions, maxSubscriptionsPerClient, maxSubscriptionsPerAddress } = this.limits;
    if (Buffer.byteLength(filter) > this.limits.maxTopicBytes) return false;
    const entry = this.#clients.get(client) ?? { group, filters: new Set() };
    if (entry.filters.has(filter)) return true;
    const ofGroup = this.#groups.get(group) ?? 0;
    if (
      entry.filters.size >= maxSubscriptionsPerClient ||
      ofGroup >= maxSubscriptionsPerAddress ||
      this.#total >= maxSubscriptions
    )
      return false;
    entry.filters.add(filter);
    this.#clients.set(client, entry);
    this.#groups.set(group, ofGroup + 1);
    this.#total++;
    return true;
  }

  remove(client: Client, filters: readonly string[]): void {
    const entry = this.#clients.get(client);
    if (!entry) return;
    for (const filter of filters) if (entry.filters.delete(filter)) this.#release(entry.group, 1);
    if (entry.filters.size === 0) this.#clients.delete(client);
  }

  /** The client's connection has ended. */
  forget(client: Client): void {
    const entry = this.#clients.get(client);
    if (!entry) return;
    this.#clients.delete(client);
    this.#release(entry.group, entry.filters.size);
  }

  #release(group: string, count: number): void {
    this.#total -= count;
    const left = (this.#groups.get(group) ?? 0) - count;
    if (left > 0) this.#groups.set(group, left);
    else this.#groups.delete(group);
  }
}
