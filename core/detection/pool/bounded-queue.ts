interface Entry<T> {
  item: T;
  bytes: number;
}

/** A first-in, first-out queue with a limit of items and of bytes. */
export class BoundedQueue<T> {
  readonly #entries: Entry<T>[] = [];
  #bytes = 0;

  constructor(
    private readonly maxItems: number,
    private readonly maxBytes: number,
  ) {}

  get length(): number {
    return this.#entries.length;
  }

  /** False if the queue is full. */
  push(item: T, bytes: number): boolean {
    if (this.#entries.length >= this.maxItems || this.#bytes + bytes > this.maxBytes) return false;
    this.#entries.push({ item, bytes });
    this.#bytes += bytes;
    return true;
  }

  /** To the front, regardless of the limits: for an item that was taken out and could not be used. */
  putBack(item: T, bytes: number): void {
    this.#entries.unshift({ item, bytes });
    this.#bytes += bytes;
  }

  shift(): T | undefined {
    const entry = this.#entries.shift();
    if (!entry) return undefined;
    this.#bytes -= entry.bytes;
    return entry.item;
  }

  drain(): T[] {
    this.#bytes = 0;
    return this.#entries.splice(0).map(({ item }) => item);
  }
}
