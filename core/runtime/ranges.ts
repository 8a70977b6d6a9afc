/** Whole numbers from the first to the second, both inclusive. */
export type Range = readonly [from: number, to: number];

/** A set of whole numbers as ranges: in ascending order, none empty, no two adjacent or overlapping. */
export type Ranges = readonly Range[];

/** The numbers of all parts, which may be in any order, overlap or be empty. */
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

export function subtract(set: Ranges, removed: Ranges): Ranges {
  const left: Range[] = [];
  for (const [from, to] of set) {
    let next = from;
    for (let i = firstReaching(removed, from); i < removed.length; i++) {
      const [start, end] = removed[i] as Range;
      if (start > to) break;
      if (start > next) left.push([next, start - 1]);
      next = Math.max(next, end + 1);
    }
    if (next <= to) left.push([next, to]);
  }
  return left;
}

export function contains(set: Ranges, value: number): boolean {
  return rangeAt(set, value) !== undefined;
}

/** Whether the set holds every number of the range. */
export function covers(set: Ranges, [from, to]: Range): boolean {
  return to < from || (endOfRangeAt(set, from) ?? from - 1) >= to;
}

/** The last number of the range that holds the value; undefined if none does. */
export const endOfRangeAt = (set: Ranges, value: number): number | undefined =>
  rangeAt(set, value)?.[1];

/** The ranges that hold a number above the value, whole. */
export const rangesAbove = (set: Ranges, value: number): Ranges =>
  set.slice(firstReaching(set, value + 1));

/** The numbers between the ranges. */
export const holes = (set: Ranges): Ranges =>
  set.slice(1).map(([from], i) => [(set[i]?.[1] ?? 0) + 1, from - 1]);

function rangeAt(set: Ranges, value: number): Range | undefined {
  const found = set[firstReaching(set, value)];
  return found !== undefined && found[0] <= value ? found : undefined;
}

/** Index of the first range that ends at the value or above it, by binary search; the length if none does. */
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
