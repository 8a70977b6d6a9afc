import { BarredTopics } from './barred-topics.js';
import { PacketLimit } from './packet-limit.js';
import type { SentPacket } from './unanswered.js';

/** How a connection ended. */
export interface ConnectionEnd {
  /** Publications that the broker may not have read. */
  unanswered: SentPacket[];
  /** `unexplained`: by the broker or on the way to it; `too_large`: the broker said so (MQTT 5). */
  kind: 'unexplained' | 'too_large' | 'other';
}

export type RefusedBecause = 'too_large' | 'barred';

/** The last message of a topic that did not go out as it was; `shortened` ones went out with less in them. */
export interface Withheld {
  topic: string;
  bytes: number;
  because: RefusedBecause | 'shortened';
}

interface Suspect {
  /** The largest unread packet of the topic. */
  bytes: number;
  /** Lost connections that suggest it: each on which it was sent alone, and one for all others. */
  evidence: number;
}

/** Smaller packets are below any limit of a broker. */
const MIN_SUSPECT_BYTES = 1_024;
/** From this size on, two lost connections are enough to blame the size. */
const LARGE_BYTES = 16 * 1_024;
/** A packet of this part of a suspect's size is as suspicious. */
const SIMILAR = 0.9;
const MAX_REMEMBERED = 1_024;
const MAX_WITHHELD = 64;
/** Between two questions for what the broker announces. */
const ASK_EVERY_MS = 60_000;

/**
 * Learns which publications a broker answers by ending the connection: those of more bytes than it accepts, and those on
 * topics that it forbids. MQTT 3.1.1 has no way to say why a connection ends. After a lost connection, what the broker may
 * not have read is suspicious, and is sent alone on the next one; so the publication that was in flight at the next end is
 * known. Nothing is blamed after one lost connection, because networks lose connections too.
 */
export class CutOffs {
  readonly #limit = new PacketLimit();
  readonly #topics = new BarredTopics();
  readonly #suspects = new Map<string, Suspect>();
  /** The first barred topic of each kind. */
  readonly #barredOfKind = new Map<string, string>();
  readonly #withheld = new Map<string, Withheld>();
  #askedAt: number | undefined;
  /** The broker speaks MQTT 5 and names no limit, so that a lost connection is more probably the network's. */
  #namesNoLimit = false;

  /**
   * Topics of one `kind` are forbidden together by most brokers, e.g. the same topic of each camera. Topics without a kind
   * are never barred.
   */
  constructor(
    private readonly kindOf: (topic: string) => string | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get limit(): PacketLimit {
    return this.#limit;
  }

  /** The largest packet to be made now. */
  sizeNow(): number {
    return this.#limit.sizeFor(this.now());
  }

  /** A message of so many bytes was made smaller before it was sent. */
  shortened({ topic, bytes }: SentPacket): void {
    this.#withhold({ topic, bytes, because: 'shortened' });
  }

  /** The broker has confirmed packets of this size, but has not delivered them. */
  undelivered(bytes: number): void {
    // A receiver may have refused a small one for another reason.
    if (bytes < LARGE_BYTES) return;
    this.#limit.failed(bytes, this.now());
  }

  /** What is not sent at present, at most one entry for each topic. */
  withheld(): Withheld[] {
    return [...this.#withheld.values()];
  }

  /** Whether it is worth while to ask the broker for its limit (MQTT 5) before the next connection. */
  shouldAsk(): boolean {
    const { largest } = this.#limit;
    const isSuspicious = [...this.#suspects.values()].some((s) => s.bytes >= MIN_SUSPECT_BYTES);
    if (!isSuspicious && !largest) return false;
    const now = this.now();
    if (this.#askedAt !== undefined && now - this.#askedAt < ASK_EVERY_MS) return false;
    this.#askedAt = now;
    return true;
  }

  /** What the broker announces; undefined if it did not accept MQTT 5. */
  announced(maxPacketBytes: number | 'none' | undefined): void {
    this.#namesNoLimit = maxPacketBytes === 'none';
    if (maxPacketBytes === undefined) return;
    this.#limit.announce(maxPacketBytes === 'none' ? undefined : maxPacketBytes);
    this.#forgetFitting();
  }

  /** Why a publication may not be sent now; undefined if it may. */
  refusalOf({ topic, bytes }: SentPacket): RefusedBecause | undefined {
    const now = this.now();
    const because = !this.#limit.allows(bytes, now)
      ? ('too_large' as const)
      : this.#isBarred(topic, now)
        ? ('barred' as const)
        : undefined;
    if (because) this.#withhold({ topic, bytes, because });
    return because;
  }

  /** Whether a publication is to be sent alone, so that it is known what ended the connection. */
  isSuspicious({ topic, bytes }: SentPacket): boolean {
    const suspect = this.#suspects.get(topic) ?? this.#limit.largest;
    return suspect !== undefined && bytes >= suspect.bytes * SIMILAR;
  }

  /** The broker has read these. */
  read(packets: readonly SentPacket[]): void {
    for (const { topic, bytes } of packets) {
      const { largest } = this.#limit;
      this.#limit.passed(bytes);
      if (largest && !this.#limit.largest) this.#forgetFitting();
      this.#passedOn(topic);
      const suspect = this.#suspects.get(topic);
      if (suspect && bytes >= suspect.bytes * SIMILAR) this.#suspects.delete(topic);
      const withheld = this.#withheld.get(topic);
      if (withheld && (withheld.because === 'barred' || bytes >= withheld.bytes))
        this.#withheld.delete(topic);
    }
  }

  /** A connection has ended. Returns the publication that is blamed for it and not sent again for some time, if any. */
  ended({ unanswered, kind }: ConnectionEnd): SentPacket | undefined {
    if (kind === 'other' || unanswered.length === 0) {
      this.#limit.ended();
      return undefined;
    }
    const largest = unanswered.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    const [only] = unanswered.length === 1 ? unanswered : unanswered.filter((p) => p.isAlone);
    const culprit = kind === 'too_large' ? largest : only;
    this.#suspect(unanswered, culprit);
    const isBlamed = culprit !== undefined && this.#blame(culprit, kind === 'too_large');
    if (!isBlamed) this.#limit.ended();
    return isBlamed ? culprit : undefined;
  }

  /** The second topic of a kind bars the kind, unless the broker took a message of it in between. */
  #failedOn(topic: string, now: number): void {
    const [, kind] = this.#keysOf(topic);
    if (kind === undefined) return;
    this.#topics.failed(topic, now);
    const first = this.#barredOfKind.get(kind);
    if (first !== undefined && first !== topic) this.#topics.failed(kind, now, true);
    else if (this.#topics.isBarred(topic)) this.#barredOfKind.set(kind, topic);
  }

  #passedOn(topic: string): void {
    for (const key of this.#keysOf(topic)) {
      this.#topics.passed(key);
      this.#barredOfKind.delete(key);
    }
  }

  #isBarred(topic: string, now: number): boolean {
    return this.#keysOf(topic).some((key) => !this.#topics.allows(key, now));
  }

  /** The topic itself and its kind. No topic begins with a space. */
  #keysOf(topic: string): string[] {
    const kind = this.kindOf(topic);
    return kind === undefined ? [] : [topic, ` ${kind}`];
  }

  #withhold(message: Withheld): void {
    const { topic } = message;
    if (this.#withheld.has(topic) || this.#withheld.size < MAX_WITHHELD)
      this.#withheld.set(topic, message);
  }

  /** Whether there is enough evidence. */
  #blame(culprit: SentPacket, isCertain: boolean): boolean {
    const { topic, bytes } = culprit;
    const now = this.now();
    this.#failedOn(topic, now);
    const { evidence = 0 } = this.#suspects.get(topic) ?? {};
    const isAboveLimit = this.#limit.largest !== undefined && bytes > this.#limit.largest.bytes;
    if (!isCertain && !isAboveLimit && evidence < this.#evidenceFor(culprit))
      return this.#keysOf(topic).some((key) => this.#topics.isBarred(key));
    this.#limit.failed(bytes, now);
    this.#passedOn(topic);
    this.#suspects.delete(topic);
    return true;
  }

  /** How many lost connections it takes to blame the size of a packet. */
  #evidenceFor({ bytes }: SentPacket): number {
    if (bytes < MIN_SUSPECT_BYTES) return Number.POSITIVE_INFINITY;
    const base = bytes >= LARGE_BYTES ? 2 : 3;
    const wasTaken = bytes <= this.#limit.largestPassed;
    return base + (this.#namesNoLimit ? 1 : 0) + (wasTaken ? 2 : 0);
  }

  #suspect(unanswered: readonly SentPacket[], culprit: SentPacket | undefined): void {
    for (const packet of unanswered) {
      const { topic, bytes } = packet;
      const known = this.#suspects.get(topic);
      if (!known && this.#suspects.size >= MAX_REMEMBERED) continue;
      const evidence = known && packet === culprit ? known.evidence + 1 : (known?.evidence ?? 1);
      this.#suspects.set(topic, { bytes: Math.max(known?.bytes ?? 0, bytes), evidence });
    }
  }

  /** The limit has risen or is gone. */
  #forgetFitting(): void {
    const { largest } = this.#limit;
    for (const { topic, bytes, because } of this.withheld())
      if (because !== 'barred' && (!largest || bytes <= largest.bytes))
        this.#withheld.delete(topic);
  }
}
