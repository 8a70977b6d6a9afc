/** Smaller chunks are copied together: a chunk takes some hundred bytes of memory, and keeps the buffer that it is part of. */
const SMALL = 4_096;
const BLOCK = 65_536;

/** The chunks of a body, in memory that is in proportion to its length, however many chunks there are. */
export class BodyChunks {
  readonly #chunks: Buffer[] = [];
  #block = Buffer.alloc(0);
  /** Bytes of the block that are used. */
  #used = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (chunk.length >= SMALL) {
      this.#closeBlock();
      this.#chunks.push(chunk);
      return;
    }
    if (this.#used + chunk.length > this.#block.length) {
      this.#closeBlock();
      // A short body needs no large block.
      const size = Math.min(BLOCK, Math.max(SMALL, this.#bytes));
      this.#block = Buffer.allocUnsafeSlow(Math.max(size, chunk.length));
    }
    chunk.copy(this.#block, this.#used);
    this.#used += chunk.length;
  }

  /** The whole body. */
  concat(): Buffer {
    this.#closeBlock();
    const [only] = this.#chunks;
    return this.#chunks.length === 1 && only ? only : Buffer.concat(this.#chunks, this.#bytes);
  }

  #closeBlock(): void {
    if (this.#used > 0) this.#chunks.push(this.#block.subarray(0, this.#used));
    this.#block = Buffer.alloc(0);
    this.#used = 0;
  }
}
