/** What ES2024 adds to ArrayBuffer; Node 20 has this part of it. */
interface Resizable extends ArrayBuffer {
  readonly maxByteLength: number;
  resize(bytes: number): void;
}
const Resizable = ArrayBuffer as unknown as new (
  bytes: number,
  options: { maxByteLength: number },
) => Resizable;

/** Bytes that are kept from image to image: one at the default working size has no more. */
const KEPT_BYTES = 1280 * 1280;

/**
 * Memory for one image's pixels after another's. It is given back when asked to: a collector lets the memory of
 * images that are done with pile up, since it lies outside of its heap.
 */
export class PixelMemory {
  /** Its largest size only reserves addresses. */
  #memory = new Resizable(0, { maxByteLength: KEPT_BYTES });

  /** Good until the next call. */
  take(bytes: number): Uint8Array {
    if (bytes > this.#memory.maxByteLength) {
      this.#memory.resize(0);
      this.#memory = new Resizable(0, { maxByteLength: bytes });
    }
    if (bytes > this.#memory.byteLength) this.#memory.resize(bytes);
    return new Uint8Array(this.#memory, 0, bytes);
  }

  /** Gives back what is more than most images need. */
  trim(): void {
    if (this.#memory.byteLength > KEPT_BYTES) this.#memory.resize(KEPT_BYTES);
  }
}
