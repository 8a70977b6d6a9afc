/**
 * Follows MQTT packets through a byte stream by their fixed headers (MQTT 3.1.1, section 2.2): a type byte, then
 * the remaining length in one to four bytes of seven bits each.
 */
export class PacketMeter {
  #body = 0;
  #inLength = false;
  #length = 0;
  #shift = 0;

  constructor(private readonly maxBytes: number) {}

  /** False as soon as a packet announces more bytes than allowed; the rest of the stream cannot be read then. */
  accept(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#body > 0) {
        const taken = Math.min(this.#body, chunk.length - at);
        this.#body -= taken;
        at += taken;
      } else if (!this.#inLength) {
        this.#inLength = true;
        this.#length = 0;
        this.#shift = 0;
        at++;
      } else if (!this.#lengthByte(chunk[at++] ?? 0)) {
        return false;
      }
    }
    return true;
  }

  #lengthByte(byte: number): boolean {
    this.#length += (byte & 0x7f) * 2 ** this.#shift;
    this.#shift += 7;
    if (this.#length > this.maxBytes || this.#shift > 28) return false;
    if (byte < 0x80) {
      this.#inLength = false;
      this.#body = this.#length;
    }
    return true;
  }
}
