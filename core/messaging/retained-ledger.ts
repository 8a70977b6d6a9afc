export interface RetainedLimits {
  /** Retained topics in all. */
  maxRetained: number;
  /** Bytes of all retained messages. */
  maxRetainedBytes: number;
  /** Retained topics of one site. */
  maxRetainedPerSite: number;
  /** Bytes of one site's retained messages. */
  maxRetainedBytesPerSite: number;
}

interface Share {
  topics: Set<string>;
  bytes: number;
}

/** Approximate memory of the map entries and the packet, besides topic and payload. */
const OVERHEAD_BYTES = 500;

/** Which messages a broker retains for which site, so that one site cannot use up the limits of all. */
export class RetainedLedger {
  readonly #entries = new Map<string, { site: string | undefined; bytes: number }>();
  readonly #shares = new Map<string, Share>();
  #bytes = 0;

  constructor(private readonly limits: RetainedLimits) {}

  /** False if a limit is reached, the site's or that of all; `site` is undefined for a topic of no site. */
  add(site: string | undefined, topic: string, payloadBytes: number): boolean {
    this.remove(topic);
    const bytes = payloadBytes + topic.length + OVERHEAD_BYTES;
    const { maxRetained, maxRetainedBytes, maxRetainedPerSite, maxRetainedBytesPerSite } =
      this.limits;
    if (this.#entries.size >= maxRetained || this.#bytes + bytes > maxRetainedBytes) return false;
    if (site !== undefined) {
      const share = this.#shares.get(site) ?? { topics: new Set(), bytes: 0 };
      if (share.topics.size >= maxRetainedPerSite) return false;
      if (share.bytes + bytes > maxRetainedBytesPerSite) return false;
      share.topics.add(topic);
      share.bytes += bytes;
      this.#shares.set(site, share);
    }
    this.#entries.set(topic, { site, bytes });
    this.#bytes += bytes;
    return true;
  }

  /** Whether it was there. */
  remove(topic: string): boolean {
    const entry = this.#entries.get(topic);
    if (!entry) return false;
    this.#entries.delete(topic);
    this.#bytes -= entry.bytes;
    const share = entry.site === undefined ? undefined : this.#shares.get(entry.site);
    if (share && entry.site !== undefined) {
      share.topics.delete(topic);
      share.bytes -= entry.bytes;
      if (share.topics.size === 0) this.#shares.delete(entry.site);
    }
    return true;
  }

  topicsOf(site: string): string[] {
    return [...(this.#shares.get(site)?.topics ?? [])];
  }
}
