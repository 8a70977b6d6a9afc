import type { Candidate } from '../candidate.js';
import type { Grid } from './grid.js';

type Place = Pick<Candidate, 'x' | 'y' | 'width' | 'height'>;

/** Four numbers from `at` on: the left, top, right and bottom edge. */
export function boxOfEdges(data: Float32Array, at: number): Place {
  const [x = 0, y = 0, right = 0, bottom = 0] = data.subarray(at, at + 4);
  return { x, y, width: right - x, height: bottom - y };
}

/** A box by its centre and its size. */
export const boxAround = (centreX = 0, centreY = 0, width = 0, height = 0): Place => ({
  x: centreX - width / 2,
  y: centreY - height / 2,
  width,
  height,
});

/** Four numbers from `at` on: the centre, from the corner of a cell in strides, and the logarithm of the size in strides. */
export function boxInCell(
  data: Float32Array,
  at: number,
  { stride, columns }: Grid,
  cell: number,
): Place {
  const [x = 0, y = 0, width = 0, height = 0] = data.subarray(at, at + 4);
  return boxAround(
    ((cell % columns) + x) * stride,
    (Math.floor(cell / columns) + y) * stride,
    Math.exp(width) * stride,
    Math.exp(height) * stride,
  );
}
