import type { Box } from '../../contract/detection.js';

/** A place to search, in pixels of the image. */
export interface Region extends Box {
  /** What of a window has to lie in it, or near: its centre, or any part of it. */
  by: 'centre' | 'part';
  /** Only windows of these widths. */
  widths?: { from: number; to: number };
}

/**
 * A window reaches out on either side by a fifth and some pixels: the box that windows merge to hides what lies within a
 * fifth of its side around it (`group-candidates.ts`), windows that merge lie no further apart, and boxes are rounded.
 */
const reachOf = (side: number): number => Math.ceil(0.2 * side) + 2;

/** How far within a window's sides that part of it lies which has to touch the region. */
export const insetOf = ({ by }: Region, side: number): number =>
  (by === 'centre' ? side / 2 : 0) - reachOf(side);

export const hasWidth = ({ widths }: Region, width: number): boolean =>
  !widths || (width >= widths.from && width <= widths.to);

/** Whether a window is searched for the region's sake. */
export function reaches({ x, y, width, height }: Box, region: Region): boolean {
  const [across, down] = [insetOf(region, width), insetOf(region, height)];
  return (
    hasWidth(region, width) &&
    x + across < region.x + region.width &&
    x + width - across > region.x &&
    y + down < region.y + region.height &&
    y + height - down > region.y
  );
}
