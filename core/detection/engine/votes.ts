import type { Stage } from './cascade-model.js';

/**
 * A stage in fixed point: a window's sum is `initial` plus the votes of the stumps whose left leaf counts. The stage
 * lets it pass where that is above `band`, rejects it where it is below −`band`, and between them it is too near to
 * the threshold to tell.
 */
export interface StageVotes {
  initial: number;
  votes: number[];
  band: number;
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
  // Rounding adds up to half a unit a leaf, for which two bits' worth of room is kept at the top.
  const room = 2 ** bits - 2 * stumps.length;
  const scale = largest === 0 ? 1 : 2 ** Math.floor(Math.log2(room / largest));
  const fixed = stumps.map(({ left, right }) => ({
    left: Math.round(left * scale),
    right: Math.round(right * scale),
  }));
  return {
    initial: fixed.reduce((sum, { right }) => sum + right, -Math.round(threshold * scale)),
    votes: fixed.map(({ left, right }) => left - right),
    band: stumps.length + 2,
  };
}
