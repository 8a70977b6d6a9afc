import type { Box, Orientation } from '../contract/detection.js';

export interface Extent {
  width: number;
  height: number;
}

/** A box found in an image turned clockwise, as a box in the image of this size before it was turned. */
export function turnedBack(box: Box, orientation: Orientation, { width, height }: Extent): Box {
  const quarter = { width: box.height, height: box.width };
  switch (orientation) {
    case 0:
      return box;
    case 90:
      return { x: box.y, y: height - box.x - box.width, ...quarter };
    case 180:
      return { ...box, x: width - box.x - box.width, y: height - box.y - box.height };
    case 270:
      return { x: width - box.y - box.height, y: box.x, ...quarter };
  }
}

/** A box in an image of this size, as a box in the image turned clockwise: the turn back is a turn as well. */
export function turned(box: Box, orientation: Orientation, { width, height }: Extent): Box {
  switch (orientation) {
    case 0:
      return box;
    case 90:
      return turnedBack(box, 270, { width: height, height: width });
    case 180:
      return turnedBack(box, 180, { width, height });
    case 270:
      return turnedBack(box, 90, { width: height, height: width });
  }
}

/** A box in an image of size `from`, in pixels of the same image at size `to`: rounded, within it, never empty. */
export function scaled(box: Box, from: Extent, to: Extent): Box {
  const across = (x: number) => clamp(Math.round((x * to.width) / from.width), 0, to.width);
  const down = (y: number) => clamp(Math.round((y * to.height) / from.height), 0, to.height);
  const x = Math.min(across(box.x), to.width - 1);
  const y = Math.min(down(box.y), to.height - 1);
  return {
    x,
    y,
    width: Math.max(1, across(box.x + box.width) - x),
    height: Math.max(1, down(box.y + box.height) - y),
  };
}

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

export const areaOf = ({ width, height }: Extent): number => width * height;

/** Area that two boxes share. */
export function sharedArea(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  if (width <= 0) return 0;
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return height <= 0 ? 0 : width * height;
}

/** Intersection over union, 0 to 1. */
export function overlap(a: Box, b: Box): number {
  const shared = sharedArea(a, b);
  return shared === 0 ? 0 : shared / (areaOf(a) + areaOf(b) - shared);
}
