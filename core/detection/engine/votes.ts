import type { Stage } from './cascade-model.js';

/**
 * A stage in fixed point. A window's sum is `initial` plus the votes of the stumps whose left leaf counts. Above
 * `margin` the window passes, below −`margin` it is rejected. Between them, fixed point is not exact enough to decide.
 */
export interface StageVotes {
  initial: number;
  votes: number[];
  margin: number;
}

/** Scales a stage so that no sum of its leaves reaches `bits` bits. */
export function fixedPointVotes(
  { threshold, stumps }: Stage<{ left: number; right: number }>,
  bits: number,
): StageVotes {
  const largest = stumps.reduce(
    (sum, { left, right }) => sum + Math.max(Math.abs(left), Math.abs(right)),
    Math.abs(threshold),
  );
  // Rounding adds up to half a unit a leaf, for which two bits are kept free at the top.
  const limit = 2 ** bits - 2 * stumps.length;
  const scale = largest === 0 ? 1 : 2 ** Math.floor(Math.log2(limit / largest));
  const fixed = stumps.map(({ left, right }) => ({
    left: Math.round(left * scale),
    right: Math.round(right * scale),
  }));
  return {
    initial: fixed.reduce((sum, { right }) => sum + right, -Math.round(threshold * scale)),
    votes: fixed.map(({ left, right }) => left - right),
    margin: stumps.length + 2,
  };
}
