/** What ES2024 adds to ArrayBuffer; Node 20 has this part of it. */
interface Resizable extends ArrayBuffer {
  readonly maxByteLength: number;
  resize(bytes: number): void;
}
const Resizable = ArrayBuffer as unknown as new (
  bytes: number,
  options: { maxByteLength: number },
) => Resizable;

/** Bytes that are kept from image to image: enough for the default working size. */
const KEPT_BYTES = 1280 * 1280;

/**
 * Memory for the pixels of one image after another. It is released explicitly: it lies outside V8's heap, so that the
 * collector would let the memory of old images pile up.
 */
export class PixelMemory {
  /** Its largest size only reserves addresses. */
  #memory = new Resizable(0, { maxByteLength: KEPT_BYTES });

  /** Valid until the next call. */
  take(bytes: number): Uint8Array {
    if (bytes > this.#memory.maxByteLength) {
      this.#memory.resize(0);
      this.#memory = new Resizable(0, { maxByteLength: bytes });
    }
    if (bytes > this.#memory.byteLength) this.#memory.resize(bytes);
    return new Uint8Array(this.#memory, 0, bytes);
  }

  /** Releases all of it. */
  clear(): void {
    this.#memory.resize(0);
  }

  /** Releases what is more than most images need. */
  trim(): void {
    if (this.#memory.byteLength > KEPT_BYTES) this.#memory.resize(KEPT_BYTES);
  }
}
