type Range = readonly [from: number, to: number];

/** Numbers as disjoint ranges, lowest first. Beyond `maxRanges` the highest are forgotten. */
export class RangeSet {
  #ranges: Range[] = [];

  constructor(private readonly maxRanges = 1_024) {}

  add(from: number, to: number): void {
    if (from > to) return;
    const below = this.#ranges.filter((range) => range[1] < from - 1);
    const above = this.#ranges.filter((range) => range[0] > to + 1);
    const joined = this.#ranges.slice(below.length, this.#ranges.length - above.length);
    const merged: Range = [
      Math.min(from, joined[0]?.[0] ?? from),
      Math.max(to, joined.at(-1)?.[1] ?? to),
    ];
    this.#ranges = [...below, merged, ...above].slice(0, this.maxRanges);
  }

  /** The end of the range that holds `n`; undefined where none does. */
  endOf(n: number): number | undefined {
    return this.#ranges.find(([from, to]) => from <= n && n <= to)?.[1];
  }

  covers(from: number, to: number): boolean {
    return (this.endOf(from) ?? from - 1) >= to;
  }

  /** Forgets what lies at or below `mark`. */
  trim(mark: number): void {
    this.#ranges = this.#ranges.filter(([, to]) => to > mark);
  }

  clear(): void {
    this.#ranges = [];
  }
}
