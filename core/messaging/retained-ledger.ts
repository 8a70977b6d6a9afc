export interface RetainedLimits {
  /** Retained topics in all. */
  maxRetained: number;
  /** Bytes of all retained messages. */
  maxRetainedBytes: number;
  /** Retained topics of one site. */
  maxRetainedPerSite: number;
  /** Bytes of one site's retained messages. */
  maxRetainedBytesPerSite: number;
  /** Retained topics that clients without an account of a site publish from one address. */
  maxRetainedPerAddress: number;
  maxRetainedBytesPerAddress: number;
}

/** Whose share a retained message is part of. */
export type RetainedOwner = { site: string } | { address: string };

interface Share {
  topics: Set<string>;
  bytes: number;
}

/** Approximate memory of the map entries and the packet, besides topic and payload. */
const OVERHEAD_BYTES = 500;

/** Which messages a broker retains for whom, so that one site or address cannot use up the limits of all. */
export class RetainedLedger {
  readonly #entries = new Map<string, { owner: string | undefined; bytes: number }>();
  readonly #shares = new Map<string, Share>();
  #bytes = 0;

  constructor(private readonly limits: RetainedLimits) {}

  /** False if a limit is reached, the owner's or that of all; `owner` is undefined for what nobody has a share for. */
  add(owner: RetainedOwner | undefined, topic: string, payloadBytes: number): boolean {
    this.remove(topic);
    const bytes = payloadBytes + topic.length + OVERHEAD_BYTES;
    const { maxRetained, maxRetainedBytes } = this.limits;
    if (this.#entries.size >= maxRetained || this.#bytes + bytes > maxRetainedBytes) return false;
    const key = owner && keyOf(owner);
    if (owner !== undefined && key !== undefined) {
      const share = this.#shares.get(key) ?? { topics: new Set(), bytes: 0 };
      const { topics: mostTopics, bytes: mostBytes } = this.#limitsOf(owner);
      if (share.topics.size >= mostTopics || share.bytes + bytes > mostBytes) return false;
      share.topics.add(topic);
      share.bytes += bytes;
      this.#shares.set(key, share);
    }
    this.#entries.set(topic, { owner: key, bytes });
    this.#bytes += bytes;
    return true;
  }

  #limitsOf(owner: RetainedOwner): { topics: number; bytes: number } {
    const { limits } = this;
    return 'site' in owner
      ? { topics: limits.maxRetainedPerSite, bytes: limits.maxRetainedBytesPerSite }
      : { topics: limits.maxRetainedPerAddress, bytes: limits.maxRetainedBytesPerAddress };
  }

  /** Whether it was there. */
  remove(topic: string): boolean {
    const entry = this.#entries.get(topic);
    if (!entry) return false;
    this.#entries.delete(topic);
    this.#bytes -= entry.bytes;
    const share = entry.owner === undefined ? undefined : this.#shares.get(entry.owner);
    if (share && entry.owner !== undefined) {
      share.topics.delete(topic);
      share.bytes -= entry.bytes;
      if (share.topics.size === 0) this.#shares.delete(entry.owner);
    }
    return true;
  }

  topicsOf(site: string): string[] {
    return [...(this.#shares.get(keyOf({ site }))?.topics ?? [])];
  }
}

const keyOf = (owner: RetainedOwner): string =>
  'site' in owner ? `site ${owner.site}` : `address ${owner.address}`;
