interface Bucket {
  /** Below zero after a response that is larger than the bucket. */
  left: number;
  at: number;
}

/**
 * Bounds the bytes of responses that a network may begin in a second. The system takes megabytes for a client that reads
 * nothing: to copy them for one client again and again takes time that others need.
 */
export class SendRate {
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    private readonly bytesPerSecond: number,
    private readonly now: () => number,
  ) {}

  /** False if the network has none left. A full bucket admits any response. */
  take(network: string, bytes: number): boolean {
    const bucket = this.#bucket(network);
    if (bucket.left < Math.min(bytes, this.bytesPerSecond)) return false;
    bucket.left -= bytes;
    return true;
  }

  /** Forgets those that are full. */
  sweep(): void {
    for (const network of this.#buckets.keys())
      if (this.#bucket(network).left >= this.bytesPerSecond) this.#buckets.delete(network);
  }

  #bucket(network: string): Bucket {
    const now = this.now();
    const bucket = this.#buckets.get(network) ?? { left: this.bytesPerSecond, at: now };
    const more = ((now - bucket.at) / 1_000) * this.bytesPerSecond;
    bucket.left = Math.min(this.bytesPerSecond, bucket.left + more);
    bucket.at = now;
    this.#buckets.set(network, bucket);
    return bucket;
  }
}
