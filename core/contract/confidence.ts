/** A model gives every place of the image some confidence: less than this says nothing. */
export const MIN_MODEL_CONFIDENCE = 0.01;

/**
 * A cascade has no probability. This function maps the number of merged windows to 0..1: a detection that just passes
 * gets 0.5, so the usual thresholds of clients (0.4 to 0.8) stay meaningful.
 */
export function confidenceOf(neighbors: number, minNeighbors: number): number {
  const needed = Math.max(1, minNeighbors);
  return Number((neighbors / (neighbors + needed)).toFixed(4));
}

interface Certainty {
  confidence: number;
  neighbors: number | null;
  score: number | null;
}

/** Orders by confidence; cascades of the same one by what they know more exactly. */
export const strongestFirst = (a: Certainty, b: Certainty): number =>
  b.confidence - a.confidence ||
  (b.neighbors ?? 0) - (a.neighbors ?? 0) ||
  (b.score ?? 0) - (a.score ?? 0);
