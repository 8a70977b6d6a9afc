/** What keeps a packet from being read, as a log message. */
export type PacketFault =
  | 'client disconnected: the packet is too large'
  | 'client disconnected: QoS 2 is not supported'
  | 'client disconnected: the first packet is not CONNECT'
  | 'client disconnected: too much was sent before the login';

/** The bytes that a packet with this first byte may announce, or what is wrong with it. */
export type PacketRule = (firstByte: number) => number | PacketFault;

/**
 * Follows MQTT packets through a byte stream by their fixed headers (MQTT 3.1.1, section 2.2): a type byte, then
 * the remaining length in one to four bytes of seven bits each.
 */
export class PacketMeter {
  #rule: PacketRule;
  #body = 0;
  #inLength = false;
  #length = 0;
  #shift = 0;
  #maxBytes = 0;
  #fault: PacketFault | undefined;

  constructor(limit: number | PacketRule) {
    this.#rule = typeof limit === 'number' ? () => limit : limit;
  }

  /** Why the stream was not accepted. */
  get fault(): PacketFault | undefined {
    return this.#fault;
  }

  /** Bytes that have arrived of a packet that is not complete. */
  get pendingBytes(): number {
    return this.#body > 0 ? this.#length - this.#body : 0;
  }

  /** For the packets from the next one on. */
  setRule(rule: PacketRule): void {
    this.#rule = rule;
  }

  /** False as soon as a packet announces more bytes than allowed; the rest of the stream cannot be read then. */
  accept(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length && !this.#fault) {
      if (this.#body > 0) {
        const taken = Math.min(this.#body, chunk.length - at);
        this.#body -= taken;
        at += taken;
      } else if (this.#inLength) this.#lengthByte(chunk[at++] ?? 0);
      else this.#firstByte(chunk[at++] ?? 0);
    }
    return !this.#fault;
  }

  #firstByte(byte: number): void {
    const allowed = this.#rule(byte);
    if (typeof allowed === 'string') {
      this.#fault = allowed;
      return;
    }
    this.#maxBytes = allowed;
    this.#inLength = true;
    this.#length = 0;
    this.#shift = 0;
  }

  #lengthByte(byte: number): void {
    this.#length += (byte & 0x7f) * 2 ** this.#shift;
    this.#shift += 7;
    if (this.#length > this.#maxBytes || this.#shift > 28) {
      this.#fault = 'client disconnected: the packet is too large';
    } else if (byte < 0x80) {
      this.#inLength = false;
      this.#body = this.#length;
    }
  }
}
