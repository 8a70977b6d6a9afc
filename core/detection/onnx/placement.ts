import type { Candidate } from './candidate.js';
import type { InputSize } from './model-input.js';

/** A part of a picture, in its pixels. */
export interface PicturePart {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where a part of a picture lies in a model's input: as large as fits, in its own proportions. */
export interface Placement {
  left: number;
  top: number;
  partWidth: number;
  partHeight: number;
}

export function placementOf(
  part: PicturePart,
  input: InputSize,
  align: 'start' | 'centre',
): Placement {
  const scale = Math.min(input.width / part.width, input.height / part.height);
  const fitted = (side: number, most: number) =>
    Math.min(most, Math.max(1, Math.round(side * scale)));
  const partWidth = fitted(part.width, input.width);
  const partHeight = fitted(part.height, input.height);
  const before = (free: number) => (align === 'centre' ? Math.floor(free / 2) : 0);
  return {
    left: before(input.width - partWidth),
    top: before(input.height - partHeight),
    partWidth,
    partHeight,
  };
}

/** A box in the input as one in the picture, cut at the edges of the part. Undefined if nothing of it is left. */
export function inPicture(
  found: Candidate,
  part: PicturePart,
  { left, top, partWidth, partHeight }: Placement,
): Candidate | undefined {
  const across = (x: number) => clamp((x - left) / partWidth) * part.width + part.x;
  const down = (y: number) => clamp((y - top) / partHeight) * part.height + part.y;
  const [x, right] = [across(found.x), across(found.x + found.width)];
  const [y, bottom] = [down(found.y), down(found.y + found.height)];
  if (!(right > x && bottom > y)) return undefined;
  return { ...found, x, y, width: right - x, height: bottom - y };
}

const clamp = (fraction: number) => Math.max(0, Math.min(1, fraction));
