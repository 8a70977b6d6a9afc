import type { Socket } from 'node:net';

export interface Conditions {
  /** On the way in one direction. */
  delayMs: number;
  bytesPerSecond: number;
}

export const PERFECT: Conditions = { delayMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY };

/** A slow line takes bytes in pieces of this size, and with so many on it, no more are read. */
const PIECE = 512;
const MOST_ON_THE_WAY = 65_536;

/** One direction of one connection: bytes leave in order, each as late as the conditions make it. */
export class Flow {
  readonly #onTheWay: { bytes: Buffer; at: number }[] = [];
  #size = 0;
  /** When the line has taken in all that it was given. */
  #freeAt = 0;
  #vanishing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly conditions: () => Conditions,
    private readonly isLost: () => boolean,
    /** May change the bytes. */
    private readonly damage: (bytes: Buffer) => Buffer = (bytes) => bytes,
  ) {}

  start(): void {
    this.from.on('data', (bytes) => this.#take(bytes));
    this.from.on('error', () => undefined);
    this.from.once('close', () => this.#close());
    this.to.on('drain', () => this.#mayRead());
    this.to.once('close', () => clearTimeout(this.#timer));
  }

  /** From the first byte that is lost, the rest of a stream is of no use: nothing of it arrives any more. */
  get vanished(): boolean {
    this.#vanishing ||= this.isLost();
    return this.#vanishing;
  }

  #take(bytes: Buffer): void {
    if (this.vanished) return;
    const { delayMs, bytesPerSecond } = this.conditions();
    const size = Number.isFinite(bytesPerSecond) ? PIECE : bytes.length;
    for (let i = 0; i < bytes.length; i += size) {
      const piece = bytes.subarray(i, i + size);
      this.#freeAt =
        Math.max(this.#freeAt, performance.now()) + (piece.length / bytesPerSecond) * 1000;
      this.#onTheWay.push({ bytes: piece, at: this.#freeAt + delayMs });
      this.#size += piece.length;
    }
    this.#deliver();
    this.#mayRead();
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    for (let next = this.#onTheWay[0]; next && next.at <= now; next = this.#onTheWay[0]) {
      this.#onTheWay.shift();
      this.#size -= next.bytes.length;
      if (!this.vanished && this.to.writable) this.to.write(this.damage(next.bytes));
    }
    this.#mayRead();
    const [next] = this.#onTheWay;
    if (next) this.#timer = setTimeout(() => this.#deliver(), Math.ceil(next.at - now)).unref();
    else if (this.from.destroyed) this.#close();
  }

  #mayRead(): void {
    const isFull = this.#size > MOST_ON_THE_WAY || this.to.writableLength > MOST_ON_THE_WAY;
    if (isFull) this.from.pause();
    else this.from.resume();
  }

  /** The end of a stream takes the same way as its bytes, or vanishes with them. */
  #close(): void {
    if (this.#onTheWay.length === 0 && !this.vanished) this.to.destroySoon();
  }
}
