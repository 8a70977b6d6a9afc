/** Time after which a larger message is tried again; doubled after each trial that ends the connection again. */
const FIRST_RETRY_MS = 3_600_000;
const MAX_RETRY_MS = 86_400_000;

/** The part of a packet's size that is assumed to be allowed if the broker ended the connection after it. */
const STEP = 0.5;

export interface LargestPacket {
  bytes: number;
  /** The broker named it (MQTT 5); otherwise it is learned from lost connections. */
  isAnnounced: boolean;
}

/**
 * The largest packet that a broker accepts, as far as it is known. A learned limit lies between the largest packet that
 * the broker took and the smallest one after which it ended the connection. Times are milliseconds of any one clock.
 */
export class PacketLimit {
  #announced: number | undefined;
  #learned: number | undefined;
  #largestPassed = 0;
  #retryAt = 0;
  #retryMs = FIRST_RETRY_MS;
  #trial: number | undefined;

  get largest(): LargestPacket | undefined {
    const { bytes, isAnnounced } = this.#smallest();
    return bytes === Number.POSITIVE_INFINITY ? undefined : { bytes, isAnnounced };
  }

  /** The largest packet to be made now. Unlimited if a larger one is to be tried. */
  sizeFor(now: number): number {
    const { bytes, isAnnounced } = this.#smallest();
    return this.#isTrialDue(isAnnounced, now) ? Number.POSITIVE_INFINITY : bytes;
  }

  /** The largest packet that the broker is known to have read. */
  get largestPassed(): number {
    return this.#largestPassed;
  }

  /** What MQTT 5 says in CONNACK; undefined if the broker names no limit. */
  announce(bytes: number | undefined): void {
    this.#announced = bytes;
    // The broker knows better than what was learned.
    if (bytes !== undefined) this.#learned = undefined;
  }

  /** Whether a packet may be sent. One packet above a learned limit may, when its time has come. */
  allows(bytes: number, now: number): boolean {
    const { bytes: most, isAnnounced } = this.#smallest();
    if (bytes <= most) return true;
    if (!this.#isTrialDue(isAnnounced, now)) return false;
    this.#trial = bytes;
    return true;
  }

  /** The broker has read a packet of this size. */
  passed(bytes: number): void {
    this.#largestPassed = Math.max(this.#largestPassed, bytes);
    if (this.#learned === undefined || bytes <= this.#learned) return;
    // A trial, after which the limit is higher or gone.
    this.#learned = undefined;
    this.#trial = undefined;
    this.#retryMs = FIRST_RETRY_MS;
  }

  /** The broker ended the connection because of a packet of this size. */
  failed(bytes: number, now: number): void {
    if (this.#trial !== undefined) this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
    this.#trial = undefined;
    this.#retryAt = now + this.#retryMs;
    if (bytes <= this.#largestPassed) this.#largestPassed = 0;
    const assumed = Math.max(this.#largestPassed, Math.floor(bytes * STEP));
    this.#learned = Math.min(this.#learned ?? Number.POSITIVE_INFINITY, assumed);
  }

  /** The connection ended for another reason. */
  ended(): void {
    this.#trial = undefined;
  }

  #isTrialDue(isAnnounced: boolean, now: number): boolean {
    return !isAnnounced && this.#trial === undefined && now >= this.#retryAt;
  }

  #smallest(): LargestPacket {
    if (this.#announced !== undefined) return { bytes: this.#announced, isAnnounced: true };
    return { bytes: this.#learned ?? Number.POSITIVE_INFINITY, isAnnounced: false };
  }
}
