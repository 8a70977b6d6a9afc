export interface SentPacket {
  topic: string;
  bytes: number;
  /** Nothing else was in flight. */
  isAlone?: boolean;
}

/** Packets that are remembered; beyond it the oldest small ones are forgotten. */
const MAX_PACKETS = 4_096;

/**
 * The publications of one connection that the broker may not have read yet, in the order of sending. A broker reads
 * packets in order, so the answer to one shows that it has read those before.
 */
export class Unanswered {
  readonly #packets = new Set<SentPacket>();

  add(packet: SentPacket): void {
    this.#packets.add(packet);
    if (this.#packets.size <= MAX_PACKETS) return;
    const [oldest] = this.#packets;
    if (oldest) this.#packets.delete(oldest);
  }

  /** The broker has answered this one. Returns the packets that it has read since the last answer. */
  answered(packet: SentPacket): SentPacket[] {
    if (!this.#packets.has(packet)) return [];
    const read: SentPacket[] = [];
    for (const earlier of this.#packets) {
      this.#packets.delete(earlier);
      read.push(earlier);
      if (earlier === packet) break;
    }
    return read;
  }

  list(): SentPacket[] {
    return [...this.#packets];
  }
}
