import type { HaarFeature } from './cascade-model.js';

const WHITE = 255;
/** Of numbers of 16 bits with a sign. */
const LARGEST = 2 ** 15 - 1;

/**
 * Whether every value of a feature fits 16 bits with a sign, so that its corners can be summed modulo 2^16. False for
 * a tilted feature, since the kernel has the tilted integral image in 32 bits only.
 */
export function fits16Bits({ tilted, rectangles }: HaarFeature): boolean {
  if (tilted) return false;
  const xs = edges(rectangles.flatMap(({ x, width }) => [x, x + width]));
  const ys = edges(rectangles.flatMap(({ y, height }) => [y, y + height]));
  // Between two neighbouring edges every pixel counts with the same weight.
  let [positive, negative] = [0, 0];
  for (const [i, x] of xs.entries()) {
    for (const [k, y] of ys.entries()) {
      const area = ((xs[i + 1] ?? x) - x) * ((ys[k + 1] ?? y) - y);
      const weight = rectangles
        .filter((r) => x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height)
        .reduce((sum, r) => sum + r.weight, 0);
      if (weight > 0) positive += weight * area;
      else negative -= weight * area;
    }
  }
  return Math.max(positive, negative) * WHITE <= LARGEST;
}

const edges = (places: number[]): number[] => [...new Set(places)].sort((a, b) => a - b);
