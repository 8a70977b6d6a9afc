/** The highest number up to which all have been confirmed, where confirmations may come out of order. */
export class ContiguousMark {
  readonly #above = new Set<number>();

  constructor(private mark: number) {}

  /** Returns the mark. What lies above it is held; the caller's window bounds how many that are. */
  confirm(seq: number): number {
    if (seq > this.mark) this.#above.add(seq);
    while (this.#above.delete(this.mark + 1)) this.mark++;
    return this.mark;
  }

  restart(mark: number): void {
    this.mark = mark;
    this.#above.clear();
  }
}
