/** Whole numbers from the first to the second, both inclusive. */
export type Range = readonly [from: number, to: number];

/** A set of whole numbers as ranges: in ascending order, none empty, no two touching. */
export type Ranges = readonly Range[];

/** The set of all that any of the ranges holds, in whatever order they come and however they overlap. */
export function rangesOf(parts: Iterable<Range>): Ranges {
  const sorted = [...parts].sort(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [from, to] of sorted) {
    if (to < from) continue;
    const last = merged.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export const union = (...sets: Ranges[]): Ranges => rangesOf(sets.flat());

export function subtract(set: Ranges, taken: Ranges): Ranges {
  const left: Range[] = [];
  for (const [from, to] of set) {
    let next = from;
    for (let i = firstReaching(taken, from); i < taken.length; i++) {
      const [start, end] = taken[i] as Range;
      if (start > to) break;
      if (start > next) left.push([next, start - 1]);
      next = Math.max(next, end + 1);
    }
    if (next <= to) left.push([next, to]);
  }
  return left;
}

export function contains(set: Ranges, value: number): boolean {
  const found = set[firstReaching(set, value)];
  return found !== undefined && found[0] <= value;
}

/** Index of the first range that ends at the value or above it, by binary search; the length where none does. */
function firstReaching(set: Ranges, value: number): number {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((set[middle]?.[1] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What lies between the ranges. */
export const holes = (set: Ranges): Ranges =>
  set.slice(1).map(([from], i) => [(set[i]?.[1] ?? 0) + 1, from - 1]);
