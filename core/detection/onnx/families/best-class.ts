import type { Candidate } from '../candidate.js';

/** The class with the highest score among `count` numbers from `start` on; the first one of equals. */
export function bestClass(
  scores: Float32Array,
  start: number,
  count: number,
  step = 1,
): { classIndex: number; score: number } {
  let classIndex = 0;
  let score = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const value = scores[start + i * step] ?? 0;
    if (value > score) [classIndex, score] = [i, value];
  }
  return { classIndex, score };
}

/** Adds a box unless it is weaker than asked for, has no area, or is not a number. */
export function addBox(to: Candidate[], box: Candidate, minConfidence: number): void {
  const { x, y, width, height, confidence } = box;
  if (
    confidence >= minConfidence &&
    width > 0 &&
    height > 0 &&
    Number.isFinite(x + y + width + height)
  )
    to.push(confidence > 1 ? { ...box, confidence: 1 } : box);
}
