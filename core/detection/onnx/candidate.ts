/** What a model found, in pixels of its input or of a picture. Sides may be fractions, and may lie outside of it. */
export interface Candidate {
  x: number;
  y: number;
  width: number;
  height: number;
  /** 0 to 1. */
  confidence: number;
  /** Index of the label. */
  classIndex: number;
}

/** Strongest first; an order that does not depend on that of the candidates. */
export const byConfidence = (a: Candidate, b: Candidate): number =>
  b.confidence - a.confidence ||
  a.classIndex - b.classIndex ||
  a.y - b.y ||
  a.x - b.x ||
  a.width - b.width ||
  a.height - b.height;
