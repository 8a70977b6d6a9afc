import type { Size } from './geometry.js';
import { hasWidth, insetOf, type Region } from './regions.js';
import { atScale, type ScaleLevel, windowAt } from './search-plan.js';

/** The search of one level with one cascade. */
export interface PlannedJob {
  cascade: number;
  window: Size;
  level: ScaleLevel;
}

/**
 * The plan as the kernel reads it (`plan.cpp`), and the jobs in the order in which it numbers them. Jobs that search the
 * image at the same size, with the same step, share a level. Jobs that no region leaves a window are left out.
 */
export interface EncodedPlan {
  words: Int32Array;
  jobs: PlannedJob[];
}

/** Windows whose corner is within [x0, x1) × [y0, y1) of the level. */
interface Span {
  x0: number;
  x1: number;
  y0: number;
  y1: number;
}

export function encodePlan(jobs: PlannedJob[], regions?: Region[]): EncodedPlan {
  const levels = new Map<
    string,
    { level: ScaleLevel; jobs: { job: PlannedJob; spans: Span[] }[] }
  >();
  for (const job of jobs) {
    const spans = spansOf(job, regions);
    if (spans.length === 0) continue;
    const { width, height, step } = job.level;
    const key = `${width} ${height} ${step}`;
    const shared = levels.get(key) ?? { level: job.level, jobs: [] };
    shared.jobs.push({ job, spans });
    levels.set(key, shared);
  }
  const words = [levels.size];
  for (const { level, jobs } of levels.values()) {
    words.push(level.width, level.height, level.step, jobs.length);
    for (const { job, spans } of jobs) {
      words.push(
        job.cascade,
        spans.length,
        ...spans.flatMap(({ x0, x1, y0, y1 }) => [x0, x1, y0, y1]),
      );
    }
  }
  const numbered = [...levels.values()].flatMap(({ jobs }) => jobs.map(({ job }) => job));
  return { words: Int32Array.from(words), jobs: numbered };
}

/** As `reaches` has it, for every window of a level. */
function spansOf({ level, window }: PlannedJob, regions?: Region[]): Span[] {
  if (!regions) return [{ x0: 0, x1: level.columns, y0: 0, y1: level.rows }];
  const { width, height } = windowAt(window, level.scale);
  return regions.flatMap((region) => {
    if (!hasWidth(region, width)) return [];
    const { x, y } = region;
    const [x0, x1] = range(level.columns, level.scale, width, insetOf(region, width), [
      x,
      x + region.width,
    ]);
    const [y0, y1] = range(level.rows, level.scale, height, insetOf(region, height), [
      y,
      y + region.height,
    ]);
    return x0 < x1 && y0 < y1 ? [{ x0, x1, y0, y1 }] : [];
  });
}

/** Along one axis: the first of `count` places whose window reaches what lies between two, and the first beyond it. */
function range(
  count: number,
  scale: number,
  side: number,
  inset: number,
  [start, end]: [number, number],
): [number, number] {
  return [
    firstWhere(count, (place) => atScale(place, scale) + side - inset > start),
    firstWhere(count, (place) => atScale(place, scale) + inset >= end),
  ];
}

/** The first of `count` places for which the condition holds, as it does for all after it; `count` if none. */
function firstWhere(count: number, holds: (place: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
