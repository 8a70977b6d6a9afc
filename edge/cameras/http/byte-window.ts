/** The bytes of a stream from some offset on. Adding and dropping cost what they add and drop. */
export class ByteWindow {
  readonly #chunks: Buffer[] = [];
  /** Offsets of the first held byte and behind the last one. */
  #from = 0;
  #until = 0;

  get from(): number {
    return this.#from;
  }

  get until(): number {
    return this.#until;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#until += chunk.length;
  }

  /** Drops whole chunks before an offset. */
  dropBefore(offset: number): void {
    for (let first = this.#chunks[0]; first && this.#from + first.length <= offset; ) {
      this.#chunks.shift();
      this.#from += first.length;
      first = this.#chunks[0];
    }
  }

  slice(from: number, until: number): Buffer {
    return Buffer.concat(this.#chunks).subarray(from - this.#from, until - this.#from);
  }
}
