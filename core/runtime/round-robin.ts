/** Items of many keys: each key has its turn after the others, with its oldest item. */
export class RoundRobin<T> {
  /** The key whose turn it is comes first; one without items is not here. */
  readonly #queues = new Map<string, Set<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  sizeOf(key: string): number {
    return this.#queues.get(key)?.size ?? 0;
  }

  add(key: string, item: T): void {
    const queue = this.#queues.get(key) ?? new Set();
    if (!queue.has(item)) this.#size++;
    this.#queues.set(key, queue.add(item));
  }

  /** The item whose turn it is. It stays until it is removed; its key goes behind the others. */
  next(): { key: string; item: T } | undefined {
    const [first] = this.#queues;
    if (!first) return undefined;
    const [key, queue] = first;
    this.#queues.delete(key);
    this.#queues.set(key, queue);
    for (const item of queue) return { key, item };
    return undefined;
  }

  /** The same, removed. */
  take(): { key: string; item: T } | undefined {
    const next = this.next();
    if (next) this.remove(next.key, next.item);
    return next;
  }

  remove(key: string, item: T): void {
    const queue = this.#queues.get(key);
    if (!queue?.delete(item)) return;
    this.#size--;
    if (queue.size === 0) this.#queues.delete(key);
  }
}
